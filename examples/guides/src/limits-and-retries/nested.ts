import { setTimeout } from "node:timers/promises";
import { mapJobs, Semaphore } from "@llx/async";

const requests = new Semaphore(2, { label: "requests", detectDeadlocks: true });

async function load(page: number): Promise<string> {
  await setTimeout(2);
  return requests.use(() => `page ${page}`); // a second permit, while the job holds its first
}

try {
  await mapJobs([1, 2], load, { workers: requests });
} catch (error) {
  console.log(String(error).split("\n").slice(0, 3).join("\n"));
}
