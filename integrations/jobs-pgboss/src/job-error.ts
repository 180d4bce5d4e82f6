import type { JobError } from "./finished-jobs.ts";

const longest = 10_000;

/** What is stored of an error: text that PostgreSQL takes, and no more than needed. */
export function jobError(error: unknown): JobError {
  if (!(error instanceof Error)) return { name: "Error", message: storable(String(error)) };
  const { name, message, stack } = error;
  return { name: storable(name), message: storable(message), ...(stack && { stack: storable(stack) }) };
}

function storable(text: unknown): string {
  return String(text).slice(0, longest).replaceAll("\0", "\uFFFD").toWellFormed();
}
