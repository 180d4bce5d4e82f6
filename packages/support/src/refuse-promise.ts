import { isThenable } from "./is-thenable.ts";

/**
 * What is no promise: by default, the result of a function that must not be async.
 *
 * @param problem what is wrong with a promise, and what to do: it follows the name
 * @throws TypeError for a promise. If it rejects, the process goes on: the caller gets this error instead
 */
export function refusePromise<T>(name: string, value: T, problem = "must not be async"): T {
  if (!isThenable(value)) return value;
  value.then(undefined, () => {});
  throw new TypeError(`${name} ${problem}`);
}
