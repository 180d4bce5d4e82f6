import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A service that accepts 10 requests in each second, as many services do it: a window that slides (`sliding`) or begins with
 * its first request (`fixed`), and a refusal that says only `Retry-After: 1`. It responds after 100 to 200 ms. `GET /`
 * returns how many it has accepted and refused since the last call, and resets the counts. Run as its own process:
 * `plain-limited-server.ts <kind>`.
 */
const limit = 10;
const interval = 1_000;
const isSliding = process.argv[2] === "sliding";
let started: number[] = [];
let passed = 0;
let refused = 0;
/** When a refused request came back before the second was over that it was asked to wait. */
let early = 0;
const refusedAt = new Map<string, number>();

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ passed, refused, early }));
    passed = refused = early = 0;
    started = [];
    refusedAt.clear();
    return;
  }
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const now = performance.now();
    const { input } = JSON.parse(Buffer.concat(pieces).toString()) as { input: string[] };
    const before = refusedAt.get(input[0]!);
    if (before !== undefined && now < before + 1_000) early++;
    if (isSliding) while (started.length > 0 && started[0]! <= now - interval) started.shift();
    else if (started.length > 0 && started[0]! <= now - interval) started = [];
    response.setHeader("content-type", "application/json");
    if (started.length >= limit) {
      refused++;
      refusedAt.set(input[0]!, now);
      response.writeHead(429, { "retry-after": "1" });
      response.end('{"error":{"message":"slow down","type":"rate_limit_error"}}');
      return;
    }
    passed++;
    started.push(now);
    const data = input.map((_, index) => ({ object: "embedding", index, embedding: [1, 0, 0, 0] }));
    const usage = { prompt_tokens: 8 * input.length, total_tokens: 8 * input.length };
    const body = JSON.stringify({ object: "list", model: "served", data, usage });
    setTimeout(() => response.end(body), 100 + 10 * (passed % 11));
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
