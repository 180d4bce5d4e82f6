import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { type JobContext, mapJobs } from "@llx/async";
import type { CallbackManager, DebugHandler } from "@llx/callbacks";
import { fetchPage } from "./pages.ts";

function countWords(text: string): number {
  if (text.endsWith("4")) throw new Error("no words on page 4");
  return text.split(" ").length;
}

/** Something fails deep in the work. The trace shows where, what ran before, and what was stopped. */
export async function explainFailure(
  manager: CallbackManager,
  debug: DebugHandler,
  signal: AbortSignal,
  print: (line: string) => void,
  tracePath: string | undefined,
): Promise<void> {
  debug.flushEventLogs(); // discards earlier events
  const load = async (page: number, job: JobContext): Promise<number> => {
    const text = await manager.event("retrieve", () => fetchPage(page, job.signal), job);
    return manager.event("chunking", () => countWords(text));
  };
  const pages = [1, 2, 3, 4, 5, 6];
  await manager
    .asTrace("nightly", () => mapJobs(pages, load, { workers: 3, signal }))
    .catch((error: Error) => print(`\nThe nightly job fails: ${error.message}. Its trace:`));
  signal.throwIfAborted();
  debug.printTraceMap();

  const failed = debug.getEventPairs().filter(([, end]) => end.error !== undefined);
  assert.equal(failed.length, 1, "the error must be on the event where it was thrown, and nowhere else");
  assert.equal(failed[0]?.[0].type, "chunking");
  if (tracePath === undefined) return;
  await writeFile(tracePath, JSON.stringify(debug.toChromeTrace()));
  print(`\n${tracePath} can be opened in https://ui.perfetto.dev or https://www.speedscope.app`);
}
