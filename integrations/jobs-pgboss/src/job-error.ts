import { errorProperty } from "@llx/support";
import type { JobError } from "./finished-jobs.ts";

const maxLength = 10_000;

/** What is stored of a thrown value of any kind: text that PostgreSQL accepts, cut to a sensible length. It never throws. */
export function jobError(thrown: unknown): JobError {
  const message = errorProperty(thrown, "message");
  if (message === undefined) {
    return { name: "Error", message: textOf(thrown) ?? "a value was thrown that cannot be described" };
  }
  const stack = textOf(errorProperty(thrown, "stack") || undefined);
  return {
    name: textOf(errorProperty(thrown, "name") ?? "Error") ?? "Error",
    message: textOf(message) ?? "the message cannot be read",
    ...(stack !== undefined && { stack }),
  };
}

/** Whether an error states that another attempt would not help. */
export function isFinal(thrown: unknown): boolean {
  return errorProperty(thrown, "retryable") === false;
}

/** `undefined` for `undefined`, and for a value that cannot be converted. */
function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  try {
    // oxlint-disable-next-line typescript/no-base-to-string -- "[object Object]" is acceptable
    return String(value).slice(0, maxLength).replaceAll("\0", "\uFFFD").toWellFormed();
  } catch {
    return undefined;
  }
}
