import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AsyncRunContext } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import type { EmbeddingModel } from "@llx/embeddings";
import { brokenHandler } from "./broken-handler.ts";
import { EventCounter } from "./event-counter.ts";
import { Journal } from "./journal.ts";

/** Four handlers observe one call: two custom ones, a broken one, and one that prints the trace. */
export async function watchWork(
  model: EmbeddingModel,
  texts: readonly string[],
  { signal, own, defer }: AsyncRunContext,
  print: (line: string) => void,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "callback-handlers-"));
  defer(() => rm(folder, { recursive: true }));
  const path = join(folder, "journal.jsonl");

  const counter = new EventCounter();
  const journal = await Journal.open(path);
  const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
  const failures: string[] = [];
  const manager = own(
    new CallbackManager({
      handlers: [counter, journal, brokenHandler, debug],
      onHandlerError: (error, { handler, hook }) =>
        failures.push(`${handler.name} failed in ${hook}: ${(error as Error).message}`),
    }),
  );

  print(`Embedding ${texts.length} texts, observed by four handlers.`);
  const { embeddings } = await model.getTextEmbeddingBatch(texts, { signal, callbackManager: manager });
  const early = journal.written;
  await manager.aclose();

  const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
  const ended = [...counter.counts.values()].reduce((sum, count) => sum + count, 0);
  assert.equal(embeddings.length, texts.length, "the broken handler must not stop the work");
  assert.equal(lines.length + manager.droppedEvents, ended, "each event must be a line, or be counted");

  print(`EventCounter: ${[...counter.counts].map(([type, count]) => `${count} ${type}`).join(", ")}`);
  print(
    `Journal: ${early} lines when the work ended, ${lines.length} when the manager was closed; ` +
      `${manager.droppedEvents} events dropped`,
  );
  print(`${failures[0]} (reported ${failures.length} times; the work continued)`);
  debug.printTraceMap();
}
