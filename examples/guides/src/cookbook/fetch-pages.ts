import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mapJobs } from "@llx/async";

const server = createServer((request, response) => void response.end(`page ${request.url}`)).listen(0);
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const urls = Array.from({ length: 20 }, (_, index) => `http://localhost:${port}/${index}`);

const pages = await mapJobs(
  urls,
  async (url, { signal }) => {
    const response = await fetch(url, { signal });
    const { ok, status, headers } = response;
    if (!ok) throw Object.assign(new Error(`${url} answers ${status}`), { status, headers });
    return response.text();
  },
  { workers: 8, timeout: 10_000, retry: {} },
);
console.log(pages.length, "pages, the first:", pages[0]);

server.closeAllConnections();
server.close();
