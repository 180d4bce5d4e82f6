import { asyncRun, mapJobs } from "@llx/async";
import { enableInspection, inspectJobs, watchStalls } from "@llx/async/debug";
import { fetchPage } from "./pages.ts";
import { printInspection } from "./print-inspection.ts";

/** What a service needs for the day it hangs: a watch, and a signal that prints what runs. Ctrl-C ends it. */
export function hang(print: (line: string) => void): Promise<unknown> {
  enableInspection();
  return asyncRun(async ({ signal, own, defer }) => {
    own(watchStalls({ after: 500 }));
    const show = (): void => printInspection(inspectJobs(), print);
    process.on("SIGUSR2", show);
    defer(() => process.off("SIGUSR2", show));
    print(`kill -USR2 ${process.pid} shows what hangs.`);
    await mapJobs([1, 2, 3, 4, 5, 6], (page, job) => fetchPage(page, job.signal), {
      desc: "fetching pages",
      workers: 2,
      signal,
    });
  });
}
