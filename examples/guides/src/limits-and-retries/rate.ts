import { mapJobs, RateLimiter } from "@llx/async";

const rate = new RateLimiter({ requests: { limit: 5, interval: 200 } });

const bursts: number[] = [];
let last = Number.NEGATIVE_INFINITY;

function send(): void {
  const now = performance.now();
  if (now - last > 100) bursts.push(0);
  bursts[bursts.length - 1]! += 1;
  last = now;
}

await mapJobs(Array(14).keys(), send, { workers: 20, rate });
console.log(`sent ${bursts.join(", then ")}`);
