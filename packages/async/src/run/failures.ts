import { describeThrown } from "@llx/support";

/** An error, and words for what failed with it. */
export interface Failure {
  readonly what: string;
  readonly error: unknown;
}

/** What to throw for failures of one rank: the only error as it is, or an `AggregateError` of all. */
export function allOf(failures: readonly Failure[]): unknown {
  if (failures.length === 1) return failures[0]?.error;
  return new AggregateError(errorsOf(failures), messageOf(failures));
}

/**
 * What to throw for a failure and those that came after it: the first error as it is where it is alone, else a
 * `SuppressedError`, or an `AggregateError` on platforms that do not know it. On either, `cause` is the first
 * error and `errors` are all of them, the first one first.
 */
export function firstOf(failures: readonly Failure[]): unknown {
  const [first, ...later] = failures;
  if (later.length === 0) return first?.error;
  const cause = first?.error;
  if (typeof SuppressedError === "undefined") {
    return new AggregateError(errorsOf(failures), messageOf(failures), { cause });
  }
  const error = new SuppressedError(allOf(later), cause, messageOf(failures));
  return Object.assign(error, { cause, errors: errorsOf(failures) });
}

/** Tells of a failure of what was left behind: nobody awaits it any more. */
export function warnOf(failure: Failure): void {
  process.emitWarning(`what was left behind has failed: ${messageOf([failure])}`, {
    type: "LeftBehindFailed",
    code: "LLX_LEFT_BEHIND_FAILED",
  });
}

function errorsOf(failures: readonly Failure[]): unknown[] {
  return failures.map(({ error }) => error);
}

function messageOf(failures: readonly Failure[]): string {
  return failures.map(({ what, error }) => `${what}: ${describeThrown(error)}`).join("; ");
}
