import { type Job, mapJobs, runJobs } from "@llx/async";
import { loadPage } from "./load-page.ts";

const { signal } = new AbortController();
const started = [1, 2, 3].map((page) => loadPage(page, signal)); // all three are under way
try {
  await runJobs(started as unknown as Job<string>[]); // the compiler refuses it without the cast
} catch (error) {
  console.log(String(error));
}
await Promise.all(started);

const pages = await mapJobs([1, 2, 3], (page, job) => loadPage(page, job.signal)); // each starts in its turn
console.log(pages.length);
