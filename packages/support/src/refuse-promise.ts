import { isThenable } from "./is-thenable.ts";

/**
 * The result of a function that must not be async.
 *
 * @throws TypeError for a promise. If it rejects, the process goes on
 */
export function refusePromise<T>(name: string, result: T): T {
  if (!isThenable(result)) return result;
  result.then(undefined, () => {});
  throw new TypeError(`${name} must not be async`);
}
