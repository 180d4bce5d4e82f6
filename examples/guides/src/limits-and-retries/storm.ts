import { mapJobs } from "@llx/async";

let underWay = 0;
let most = 0;

const outcomes = await mapJobs(
  Array(200).keys(),
  (_, { attempt }) => {
    if (attempt === 1) most = Math.max(most, ++underWay);
    if (attempt === 3) underWay--;
    throw new Error("the service is down");
  },
  { workers: 4, retry: { attempts: 3, delay: 5 }, settle: true },
);
console.log(`${outcomes.length} jobs failed; never more than ${most} had begun and were not over`);
