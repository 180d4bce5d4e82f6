import { setTimeout } from "node:timers/promises";
import { mapJobs } from "@llx/async";

const answer = (seconds: number, signal: AbortSignal) => setTimeout(seconds * 1000, "answered", { signal });

// A time limit for each job.
const outcomes = await mapJobs([0, 600, 0], (seconds, { signal }) => answer(seconds, signal), {
  timeout: 50,
  settle: true,
});
console.log(
  outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason.message)),
);

// A time limit for the whole call.
try {
  const signal = AbortSignal.timeout(50);
  await mapJobs([600, 600], (seconds, job) => answer(seconds, job.signal), { signal });
} catch (error) {
  console.log(String(error));
}
