import { retry } from "@llx/async";
import pRetry from "p-retry";

class BusyError extends Error {}

/** Fails twice, then answers. */
function unreliable(): () => string {
  let calls = 0;
  return () => {
    if (++calls < 3) throw new BusyError("busy");
    return `answered call ${calls}`;
  };
}

async function withPRetry(call: () => string): Promise<string> {
  return pRetry(
    (attempt) => {
      console.log("  attempt", attempt);
      return call();
    },
    {
      retries: 4,
      minTimeout: 10,
      maxTimeout: 1000,
      randomize: true,
      maxRetryTime: 30_000,
      shouldRetry: ({ error }) => error instanceof BusyError,
    },
  );
}

async function withRetry(call: () => string): Promise<string> {
  return retry(
    ({ attempt }) => {
      console.log("  attempt", attempt);
      return call();
    },
    {
      attempts: 5,
      delay: 10,
      maxDelay: 1000,
      totalTimeout: 30_000,
      shouldRetry: (error) => error instanceof BusyError,
    },
  );
}

console.log("p-retry");
console.log(" ", await withPRetry(unreliable()));
console.log("retry");
console.log(" ", await withRetry(unreliable()));
