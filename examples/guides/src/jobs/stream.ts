import { setTimeout } from "node:timers/promises";
import { type Job, streamJobs } from "@llx/async";
import { loadPage } from "./load-page.ts";

let started = 0;

function* allPages(): Generator<Job<string>> {
  for (let page = 1; ; page++) {
    yield ({ signal }) => {
      started++;
      return loadPage(page, signal);
    };
  }
}

for await (const text of streamJobs(allPages(), { workers: 2, buffer: 3 })) {
  await setTimeout(100); // a slow reader, such as a database
  console.log(`${text}: ${started} started`);
  if (text === "page 3") break;
}
