import { mapJobs } from "@llx/async";

const passed: number[] = [];

/** Accepts five requests within any second. */
async function send(question: number): Promise<number> {
  const now = performance.now();
  if (passed.filter((at) => at > now - 1_000).length >= 5) {
    throw Object.assign(new Error("rate limit exceeded"), { status: 429 });
  }
  passed.push(now);
  return question;
}

let refusals = 0;
const answers = await mapJobs(Array(12).keys(), send, {
  workers: 5,
  retry: { onRetry: (_error, { refused }) => void (refused && refusals++) },
});
console.log(`${answers.length} answers; requests were refused: ${refusals > 0}`);
