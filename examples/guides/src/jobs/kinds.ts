import { batchGather, chunks, mapJobs, runAsyncTasks, runJobs } from "@llx/async";
import { loadPage } from "./load-page.ts";

// Jobs that differ.
const texts = await runJobs([({ signal }) => loadPage(1, signal), () => "from memory"], { workers: 2 });
console.log(texts);

// A few things at once, each with a type of its own; promises that somebody has started are welcome.
const user = Promise.resolve({ name: "Ann" });
const [{ name }, page, count] = await runAsyncTasks([user, ({ signal }) => loadPage(2, signal), () => 3]);
console.log(name, page, count);

// Group after group: nothing of the second group starts before all of the first is done.
const groups = await batchGather(
  [3, 4, 5].map((number) => () => `page ${number}`),
  { batchSize: 2, showProgress: process.stdout },
);
console.log(groups);

// Several inputs for each job.
const sums = await mapJobs(chunks([1, 2, 3, 4, 5], 2), (numbers) =>
  numbers.reduce((sum, each) => sum + each),
);
console.log(sums);
