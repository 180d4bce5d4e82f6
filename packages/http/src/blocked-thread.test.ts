import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { afterThisTest, client, failure, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

/** A server on a thread of its own, which responds 50 ms after it was asked; to "/never" never. */
const server = `
  const { createServer } = require("node:http");
  const { parentPort } = require("node:worker_threads");
  let heard = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      if (++heard === 10) parentPort.postMessage("heard");
      if (request.url !== "/never") setTimeout(() => response.end(JSON.stringify("x".repeat(300_000))), 50);
    });
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

it("a blocked thread makes no request time out whose response has arrived, and delays no other for long", async () => {
  const worker = new Worker(server, { eval: true });
  afterThisTest(() => worker.terminate());
  const [port] = (await once(worker, "message")) as [number];
  const url = `http://127.0.0.1:${port}`;
  const http = client({ timeout: 1_000 });
  const answers = Array.from({ length: 8 }, () => http.postJson(url, {}));
  const unanswered = Array.from({ length: 2 }, () => failure(http.postJson(`${url}/never`, {})));
  await once(worker, "message");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200));
  for (const error of await Promise.all(unanswered)) expect(error).toMatchObject({ name: "ApiTimeoutError" });
});
