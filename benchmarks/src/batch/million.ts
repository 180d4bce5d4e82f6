// A million texts through a batch service on this machine: memory and disk of the process that has the run. Another number of
// texts as an argument.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fakeOpenaiBatches } from "@llx/embeddings-openai/testing";
import { startBatchServer } from "@llx/embeddings/testing";
import { number } from "../harness.ts";
import type { Measured, Settings } from "./run-process.ts";

const texts = Number(process.argv[2] ?? 1_000_000);
const dimensions = 256;
const megabyte = 2 ** 20;
const [mostMemory, mostWritten] = [150, 2];

const folder = await mkdtemp(join(tmpdir(), "llx-million-"));
const service = fakeOpenaiBatches({ dimensions });
await using server = await startBatchServer(service, { perPoll: 60_000, textsPerSecond: 1_000 });
const settings: Settings = { url: server.url, apiKey: service.live.apiKey, dimensions, folder, texts };
const child = fork(fileURLToPath(new URL("run-process.ts", import.meta.url)), [JSON.stringify(settings)], {
  execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
});
const [measured] = (await once(child, "message")) as [Measured];
const [code] = (await once(child, "exit")) as [number | null];
assert.equal(code, 0);

const { start, peak, held, milliseconds, results, directory, written, right } = measured;
assert.equal(right, texts, "each text has its vector");
assert.ok(Object.values(server.counts.batches).every((times) => times === 1));
console.log(
  `${number(texts)} texts, ${dimensions} dimensions, ${Object.keys(server.counts.batches).length} batches, ` +
    `${number(milliseconds / 1_000)} s`,
);
const [growth, growthHeld] = [(peak - start) / megabyte, held / megabyte];
console.log(
  `memory: ${number(start / megabyte)} MB with the opened queue, at most ${number(growth)} MB more; ` +
    `heap and buffers after collections: at most ${number(growthHeld)} MB more`,
);
console.log(
  `disk: results ${number(results / megabyte)} MB, the directory ${number(directory / megabyte)} MB, written ` +
    `${number(written / megabyte)} MB with the queue: ${(written / results).toFixed(2)} times the results`,
);
assert.ok(growth <= mostMemory, `${growth} MB of memory`);
assert.ok(written / results <= mostWritten, `${written / results} times the results`);
await rm(folder, { recursive: true });
