import { mapJobs } from "@llx/async";
import { loadPage } from "./load-page.ts";

const ends: string[] = [];

async function load(page: number, signal: AbortSignal): Promise<string> {
  if (page === 2) throw new Error("page 2 is gone");
  try {
    return await loadPage(page, signal);
  } finally {
    ends.push(signal.aborted ? `page ${page} was stopped` : `page ${page} is done`);
  }
}

try {
  await mapJobs([1, 2, 3, 4, 5, 6], (page, { signal }) => load(page, signal), { workers: 3 });
} catch (error) {
  console.log(String(error));
}
console.log(ends.join(", "));
