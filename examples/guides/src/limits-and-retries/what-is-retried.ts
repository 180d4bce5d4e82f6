import { mapJobs } from "@llx/async";

const errors = [
  new Error("the connection was reset"),
  Object.assign(new Error("503: busy"), { retryable: true }),
  Object.assign(new Error("401: no such key"), { retryable: false }),
  new DOMException("took too long", "TimeoutError"),
  new DOMException("the user has left", "AbortError"),
];

const attempts = new Map<string, number>();
await mapJobs(
  errors,
  (error, { attempt }) => {
    attempts.set(error.message, attempt);
    throw error;
  },
  { retry: { delay: 1 }, settle: true },
);
console.log(Object.fromEntries(attempts));
