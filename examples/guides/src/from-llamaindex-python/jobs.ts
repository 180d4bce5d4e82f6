import { asyncRun, runJobs } from "@llx/async";
import { load } from "./load.ts";

await asyncRun(async ({ signal }) => {
  const jobs = ["a", "b", "c"].map((page) => (job: { signal: AbortSignal }) => load(page, job.signal));
  const pages = await runJobs(jobs, { workers: 8, retry: {}, timeout: 30_000, signal });
  console.log(pages.join(" "));
});
