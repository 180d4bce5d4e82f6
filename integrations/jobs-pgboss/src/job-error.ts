import type { JobError } from "./finished-jobs.ts";

const longest = 10_000;

/** What is stored of what was thrown, whatever that is: text that PostgreSQL takes, and no more than needed. It never fails. */
export function jobError(thrown: unknown): JobError {
  const message = read(thrown, "message");
  if (message === undefined) {
    return { name: "Error", message: textOf(thrown) ?? "something was thrown that cannot be described" };
  }
  const stack = textOf(read(thrown, "stack") || undefined);
  return {
    name: textOf(read(thrown, "name") ?? "Error") ?? "Error",
    message: textOf(message) ?? "the message cannot be read",
    ...(stack !== undefined && { stack }),
  };
}

/** Whether an error says that another attempt would not help. */
export function isFinal(thrown: unknown): boolean {
  return read(thrown, "retryable") === false;
}

/** A property of something foreign; `undefined` where it is a primitive, or does not want to be read. */
function read(value: unknown, key: string): unknown {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return undefined;
  try {
    return (value as Readonly<Record<string, unknown>>)[key];
  } catch {
    return undefined;
  }
}

/** `undefined` where there is nothing to tell. */
function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  try {
    // oxlint-disable-next-line typescript/no-base-to-string -- what says no more of itself is told as that
    return String(value).slice(0, longest).replaceAll("\0", "\uFFFD").toWellFormed();
  } catch {
    return undefined;
  }
}
