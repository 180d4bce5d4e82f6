import { setTimeout } from "node:timers/promises";
import { streamJobs } from "@llx/async";

const mirrors = [
  { name: "slow", after: 60_000 },
  { name: "fast", after: 10 },
];

const jobs = mirrors.map(({ name, after }) => async ({ signal }: { signal: AbortSignal }) => {
  await setTimeout(after, undefined, { signal });
  return name;
});

// Leaving the loop aborts the others, and awaits them.
for await (const { value } of streamJobs(jobs, { workers: mirrors.length, ordered: false })) {
  console.log("the first answer:", value);
  break;
}
