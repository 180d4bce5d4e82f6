import { mapJobs, retry } from "@llx/async";

let requests = 0;

function send(): never {
  requests++;
  throw new Error("503");
}

await mapJobs([1], () => retry(send, { delay: 1 }), { retry: { delay: 1 }, settle: true });
console.log(`one job, ${requests} requests`);
