import { describeThrown } from "@llx/support";

/** An error, and the name of what failed. */
export interface Failure {
  readonly what: string;
  readonly error: unknown;
}

/** What to throw for failures of equal rank: the only error as it is, or an `AggregateError` of all. */
export function aggregateError(failures: readonly Failure[]): unknown {
  if (failures.length === 1) return failures[0]?.error;
  return new AggregateError(errorsOf(failures), messageOf(failures));
}

/**
 * What to throw for a failure and those that came after it: a single error as it is, otherwise a `SuppressedError`, or an
 * `AggregateError` on platforms without it. On either, `cause` is the first error and `errors` are all, the first one first.
 */
export function firstWithLater(failures: readonly Failure[]): unknown {
  const [first, ...later] = failures;
  if (later.length === 0) return first?.error;
  const cause = first?.error;
  if (typeof SuppressedError === "undefined") {
    return new AggregateError(errorsOf(failures), messageOf(failures), { cause });
  }
  const error = new SuppressedError(aggregateError(later), cause, messageOf(failures));
  return Object.assign(error, { cause, errors: errorsOf(failures) });
}

/** Work that was abandoned after `grace`, which is why the run has failed. */
export function abandonment(what: string, problem: string, names: Iterable<string>, advice: string): Failure {
  const message = `${problem}: ${[...names].join(", ")}. ${advice}, or raise grace.`;
  return { what, error: new DOMException(message, "TimeoutError") };
}

/** Warns of a failure of abandoned work, which nothing awaits. */
export function warnOfFailure(failure: Failure): void {
  process.emitWarning(`abandoned work has failed: ${messageOf([failure])}`, {
    type: "AbandonedFailed",
    code: "LLX_ABANDONED_FAILED",
  });
}

function errorsOf(failures: readonly Failure[]): unknown[] {
  return failures.map(({ error }) => error);
}

function messageOf(failures: readonly Failure[]): string {
  return failures.map(({ what, error }) => `${what}: ${describeThrown(error)}`).join("; ");
}
