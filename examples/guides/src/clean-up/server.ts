import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { Store } from "./store.ts";

async function serve({ signal, own, defer }: AsyncRunContext): Promise<void> {
  const store = own(new Store("store"));
  const server = createServer((_, response) => {
    console.log("a request has come");
    const answer = (length: number): void => {
      // Connections that are kept alive would hold up the end for some seconds.
      if (signal.aborted) response.setHeader("connection", "close");
      response.end(`${length} characters`);
    };
    store.add("a text").then(answer, () => response.writeHead(500).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening", { signal });
  own(server); // it awaits the requests that are under way; then the store is closed, which they need
  defer(() => console.log("closing"));
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(server, "close", { signal });
}

if (process.argv.includes("--serve")) await asyncRun(serve);
