import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";

/** Lets a client refuse answers of 600 MB, each in a form of its own, and tells how much memory that took at its peak. */
const script = `
import { once } from "node:events";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
import { HttpClient } from "@llx/http";
const piece = Buffer.alloc(1_000_000, " ");
const packed = gzipSync(piece);
const server = createServer((request, response) => {
  if (request.url === "/told") response.setHeader("content-length", 600_000_000);
  if (request.url === "/packed") response.setHeader("content-encoding", "gzip");
  response.writeHead(request.url === "/error" ? 500 : 200);
  let left = 600;
  const write = () => {
    while (left-- > 0 && !response.destroyed) {
      if (!response.write(request.url === "/packed" ? packed : piece)) return void response.once("drain", write);
    }
    response.end();
  };
  request.resume().on("end", write);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = "http://127.0.0.1:" + server.address().port;
const http = new HttpClient({ provider: "Example" });
const before = process.memoryUsage().rss;
const refused = [];
for (const [path, options] of [
  ["/told", {}],
  ["/endless", { maxBytes: 64_000_000 }],
  ["/packed", { maxBytes: 64_000_000 }],
  ["/error", {}],
]) {
  await http.postJson(url + path, {}, options).catch((error) => refused.push(error.name));
}
const growth = (process.resourceUsage().maxRSS * 1024 - before) / 1e6;
await http.aclose();
server.closeAllConnections();
server.close();
console.log(JSON.stringify({ refused, growth }));
`;

it("refuses answers of 600 MB within 150 MB of memory", () => {
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    // Where the built package finds itself.
    cwd: resolve("packages/http"),
    encoding: "utf8",
  });
  const { refused, growth } = JSON.parse(printed) as { refused: string[]; growth: number };
  expect(refused).toEqual([
    "MalformedResponseError",
    "MalformedResponseError",
    "MalformedResponseError",
    "ServerError",
  ]);
  expect(growth).toBeLessThan(150);
});
