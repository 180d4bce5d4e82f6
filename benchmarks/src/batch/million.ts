// A million texts through a batch service on this machine: memory and disk of the process that has the run. Another number of
// texts as an argument, and after it another limit of memory in MB.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
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
const mostMemory = Number(process.argv[3] ?? 150);
const mostWritten = 2;

/** Has a run in a process of its own, which opens a queue that is there. */
async function measure(task: "peak" | "held"): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), "llx-million-"));
  try {
    const service = fakeOpenaiBatches({ dimensions });
    await using server = await startBatchServer(service, { perPoll: 60_000, textsPerSecond: 1_000 });
    const settings = { url: server.url, apiKey: service.live.apiKey, dimensions, folder, texts };
    const [created] = await once(start({ ...settings, task: "create" }), "exit");
    assert.equal(created, 0);
    const child = start({ ...settings, task });
    const [measured] = (await once(child, "message")) as [Measured];
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
    assert.equal(measured.right, texts, "each text has its vector");
    assert.ok(Object.values(server.counts.batches).every((times) => times === 1));
    return measured;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function start(settings: Settings): ChildProcess {
  return fork(fileURLToPath(new URL("run-process.ts", import.meta.url)), [JSON.stringify(settings)], {
    execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
  });
}

const { opened, used, peak, milliseconds, results, directory, written } = await measure("peak");
console.log(`${number(texts)} texts, ${dimensions} dimensions, ${number(milliseconds / 1_000)} s`);
const growth = (peak - opened) / megabyte;
console.log(
  `memory: ${number(opened / megabyte)} MB with the opened queue, at most ${number(growth)} MB more, and ` +
    `${number((peak - used) / megabyte)} MB more than after a run of ten texts`,
);
console.log(
  `disk: results ${number(results / megabyte)} MB, the directory ${number(directory / megabyte)} MB, written ` +
    `${number(written / megabyte)} MB with the queue: ${(written / results).toFixed(2)} times the results`,
);
const held = (await measure("held")).held / megabyte;
console.log(`heap and buffers without garbage: at most ${number(held)} MB more`);
assert.ok(growth <= mostMemory, `${growth} MB of memory`);
assert.ok(held <= mostMemory, `${held} MB of heap and buffers`);
assert.ok(written / results <= mostWritten, `${written / results} times the results`);
