import { setTimeout } from "node:timers/promises";
import { mapJobs } from "@llx/async";

async function load(page: number): Promise<void> {
  if (page === 2) throw new Error("page 2 is gone");
  await setTimeout(300); // ignores its signal
}

try {
  await mapJobs([1, 2], load, { grace: 20 });
} catch (error) {
  console.log(String(error));
}
