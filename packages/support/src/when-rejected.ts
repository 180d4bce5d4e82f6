import { isThenable } from "./is-thenable.ts";

/** If a function whose result is not used was async: passes on what it rejects with, which would end the process. */
export function whenRejected(result: unknown, tell: (error: unknown) => void): void {
  if (isThenable(result)) result.then(undefined, tell);
}
