import assert from "node:assert/strict";
import { mapJobs } from "@llx/async";
import { watchStalls } from "@llx/async/debug";
import { fetchPage } from "./pages.ts";

const pages = [1, 2, 3, 4, 5, 6, 7, 8];

/** A service does not respond, and there is no time-out. A process-wide watch reports it. */
export async function findStall(signal: AbortSignal, print: (line: string) => void): Promise<void> {
  const told = new AbortController();
  const watch = watchStalls({
    after: 60,
    sink: {
      write(report) {
        print(`\nSome time later, watchStalls() writes:\n${report.trimEnd()}`);
        told.abort("seen enough");
      },
    },
  });
  const reason = await mapJobs(pages, (page, job) => fetchPage(page, job.signal), {
    desc: "fetching pages",
    workers: 2,
    signal: AbortSignal.any([signal, told.signal]),
  }).catch((error: unknown) => error);
  watch.stop();
  signal.throwIfAborted();
  assert.equal(reason, "seen enough");

  // The fix.
  const error = await mapJobs(pages, (page, job) => fetchPage(page, job.signal), {
    timeout: 20,
    signal,
  }).catch((failure: Error) => failure);
  signal.throwIfAborted();
  assert.ok(error instanceof Error && error.name === "TimeoutError");
  print(`With a time-out it is an error: ${error.message}`);
}
