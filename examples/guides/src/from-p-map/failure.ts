import { setTimeout as wait } from "node:timers/promises";
import { mapJobs } from "@llx/async";
import pMap from "p-map";

const pages = ["a", "broken", "c", "d", "e"];

/** Simulates a paid request, and prints how it ends. */
async function load(page: string, signal?: AbortSignal): Promise<string> {
  try {
    await wait(page === "broken" ? 5 : 30, undefined, { signal });
  } catch {
    console.log(`  ${page} is aborted`);
    throw signal?.reason;
  }
  if (page === "broken") throw new Error("no such page");
  console.log(`  ${page} is loaded`);
  return page;
}

console.log("p-map");
await pMap(pages, (page) => load(page), { concurrency: 3 }).catch(report);
await wait(60);

console.log("mapJobs");
await mapJobs(pages, (page, { signal }) => load(page, signal), { workers: 3 }).catch(report);

function report(error: Error): void {
  console.log(`  the call failed: ${error.message}`);
}
