import { mapJobs } from "@llx/async";
import { RefusedError } from "./fake-service.ts";

const starts: string[] = [];
let refusedAt = Number.POSITIVE_INFINITY;

function send(name: string, attempt: number): void {
  starts.push(performance.now() - refusedAt >= 100 ? `${name} after the wait` : `${name} at once`);
  if (name !== "a" || attempt > 1) return;
  refusedAt = performance.now();
  throw new RefusedError(100); // asks to wait for 100 ms
}

await mapJobs(["a", "b"], (name, { attempt }) => send(name, attempt), { workers: 1, retry: {} });
console.log(starts.join(", "));
