import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A service that accepts `limit` requests in each `interval` milliseconds, as a sliding window, and refuses the
 * others as services do: 429, how long to wait, and what is left. `GET /` returns how many it has accepted and refused
 * since the last call, and resets the counts. Run as its own process: `limited-server.ts <limit> <interval>`.
 */
const [limit = 0, interval = 0] = process.argv.slice(2).map(Number);
const started: number[] = [];
let passed = 0;
let refused = 0;

const body = JSON.stringify({
  object: "list",
  model: "served",
  data: [{ object: "embedding", index: 0, embedding: [1, 0, 0, 0] }],
  usage: { prompt_tokens: 8, total_tokens: 8 },
});

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ passed, refused }));
    passed = refused = 0;
    started.length = 0;
    return;
  }
  request.resume().on("end", () => {
    const now = performance.now();
    while (started.length > 0 && started[0]! <= now - interval) started.shift();
    const wait = started.length === 0 ? interval : interval - (now - started[0]!);
    const isRefused = started.length >= limit;
    if (isRefused) {
      refused++;
    } else {
      passed++;
      started.push(now);
    }
    response.setHeader("content-type", "application/json");
    response.setHeader("x-ratelimit-limit-requests", limit);
    response.setHeader("x-ratelimit-remaining-requests", limit - started.length);
    response.setHeader("x-ratelimit-reset-requests", `${(wait / 1000).toFixed(3)}s`);
    if (isRefused) response.setHeader("retry-after-ms", Math.ceil(wait));
    response.writeHead(isRefused ? 429 : 200);
    response.end(isRefused ? '{"error":{"message":"slow down","type":"rate_limit_error"}}' : body);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
