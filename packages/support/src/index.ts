export { brand } from "./brand.ts";
export {
  checkCount,
  checkForeignNames,
  checkFunction,
  checkMilliseconds,
  checkSignal,
  checkTimeout,
} from "./checks.ts";
export { Deadline } from "./deadline.ts";
export { describe, describeKind, describeThrown } from "./describe.ts";
export { errorProperty, statusOf } from "./error-property.ts";
export { isAbortError } from "./is-abort-error.ts";
export { isObject } from "./is-object.ts";
export { isThenable } from "./is-thenable.ts";
export { raceAbort } from "./race-abort.ts";
export { timerDelay } from "./timer-delay.ts";
export { wait } from "./wait.ts";
export { type Abortable, unwatchAbort, watchAbort } from "./watch-abort.ts";
