import { setTimeout } from "node:timers/promises";
import { streamJobs } from "@llx/async";

const jobs = [200, 1, 100].map((wait) => () => setTimeout(wait, `took ${wait}`));
for await (const { index, value } of streamJobs(jobs, { ordered: false })) console.log(index, value);
