import { mapJobs } from "@llx/async";

let unfinished = 0;
let most = 0;

const outcomes = await mapJobs(
  Array(200).keys(),
  (_, { attempt }) => {
    if (attempt === 1) most = Math.max(most, ++unfinished);
    if (attempt === 3) unfinished--;
    throw new Error("the service is down");
  },
  { workers: 4, retry: { attempts: 3, delay: 5 }, settle: true },
);
console.log(`${outcomes.length} jobs failed; at most ${most} were started but not finished`);
