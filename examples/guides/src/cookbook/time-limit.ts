import { setTimeout } from "node:timers/promises";
import { mapJobs } from "@llx/async";

const started: number[] = [];
try {
  await mapJobs(
    [1, 2, 3, 4],
    async (page, { signal }) => {
      started.push(page);
      await setTimeout(60_000, page, { signal });
    },
    { workers: 2, signal: AbortSignal.timeout(50) }, // for all together; `timeout` is for each
  );
} catch (error) {
  console.log((error as Error).name, "started:", started.join(", "));
}
