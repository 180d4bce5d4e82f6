import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { Store } from "./store.ts";

async function serve({ signal, own, defer }: AsyncRunContext): Promise<void> {
  const store = own(new Store("store"));
  const server = createServer((_, response) => {
    console.log("request received");
    const respond = (length: number): void => {
      // Keep-alive connections would delay the shutdown by some seconds.
      if (signal.aborted) response.setHeader("connection", "close");
      response.end(`${length} characters`);
    };
    store.add("a text").then(respond, () => response.writeHead(500).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening", { signal });
  own(server); // awaits pending requests; then the store they need is closed
  defer(() => console.log("closing"));
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(server, "close", { signal });
}

if (process.argv.includes("--serve")) await asyncRun(serve);
