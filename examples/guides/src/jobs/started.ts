import { type Job, mapJobs, runJobs } from "@llx/async";
import { loadPage } from "./load-page.ts";

const { signal } = new AbortController();
const pages = [1, 2, 3, 4, 5, 6];

const started = pages.map((page) => loadPage(page, signal)); // all six are running
try {
  await runJobs(started as unknown as Job<string>[]); // without the cast, this does not compile
} catch (error) {
  console.log(String(error));
}
await Promise.all(started);

let running = 0;
let most = 0;

const texts = await mapJobs(
  pages,
  async (page, job) => {
    most = Math.max(most, ++running);
    const text = await loadPage(page, job.signal);
    running--;
    return text;
  },
  { workers: 3, signal },
);
console.log(`${texts.join(", ")}; ${most} at once`);
