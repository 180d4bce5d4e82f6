import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { HttpClient, type HttpClientOptions } from "@llx/http";
import { median, number } from "../harness.ts";

/**
 * What the guards of errors cost a call that succeeds: the built client against a copy of it without the concealment of keys,
 * which is all that such a call meets: foreign errors are read, and texts concealed, only where something fails.
 */
const built = new URL(import.meta.resolve("@llx/http"));
const copy = new URL("guards-unguarded.js", built);
const guard = /(#shownId\(id\) \{\s+return )[^;]+;/;
const source = readFileSync(built, "utf8");
if (!guard.test(source)) throw new Error("the guard is no longer where this benchmark looks for it");
writeFileSync(copy, source.replace(guard, "$1id;"));
let Unguarded: typeof HttpClient;
try {
  ({ HttpClient: Unguarded } = (await import(copy.href)) as { HttpClient: typeof HttpClient });
} finally {
  rmSync(copy);
}

const body = Buffer.from(JSON.stringify({ data: [{ index: 0, embedding: "A".repeat(5_464) }] }));
const headers = {
  "content-type": "application/json",
  "x-request-id": "req_0123456789abcdef0123456789abcdef",
};
const texts = {
  model: "served",
  input: Array.from({ length: 8 }, (_, n) => `passage number ${n} of a text`),
};

/** Responds at once, so that only the client is measured. */
const dispatcher = {
  request: async () => ({ statusCode: 200, headers, body: Readable.from([body]) }),
} as unknown as NonNullable<HttpClientOptions["dispatcher"]>;

const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, headers).end(body));
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const rounds = process.argv.includes("--quick") ? 20 : 2_001;
console.log(
  `\n**A successful postJson, with and without guards** (Node ${process.versions.node}, median of ${number(rounds)} short pairs)\n`,
);
console.log("| | µs without | with ÷ without |");
console.log("| --- | ---: | ---: |");
for (const [name, own, times] of [
  ["the client alone", { dispatcher }, 200],
  ["over a connection on this machine", {}, 20],
] as const) {
  const options = { provider: "Example", headers: { authorization: "Bearer sk-live-51H8SecretKey" }, ...own };
  const clients = [new Unguarded(options), new HttpClient(options)];
  const run = async (client: HttpClient): Promise<number> => {
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after another is what is measured
    for (let n = 0; n < times; n++) await client.postJson(url, texts);
    return ((performance.now() - start) * 1_000) / times;
  };
  const ratios: number[] = [];
  const without: number[] = [];
  for (let round = -200; round < rounds; round++) {
    const measured = [0, 0];
    // Who is first changes with each round.
    for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
      // oxlint-disable-next-line no-await-in-loop
      measured[at] = await run(clients[at]!);
    }
    if (round < 0) continue;
    without.push(measured[0]!);
    ratios.push(measured[1]! / measured[0]!);
  }
  console.log(`| ${name} | ${median(without).toFixed(1)} | ${median(ratios).toFixed(4)} |`);
  // oxlint-disable-next-line no-await-in-loop
  await Promise.all(clients.map((client) => client.aclose()));
}
server.close();
server.closeAllConnections();
