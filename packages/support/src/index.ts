export { brand } from "./brand.ts";
export { checkNode } from "./check-node.ts";
export { checkNames, type NamesOf } from "./check-names.ts";
export { checkPrices } from "./check-prices.ts";
export {
  checkBoolean,
  checkCount,
  checkFunction,
  checkManager,
  checkMilliseconds,
  checkSignal,
  checkString,
  checkTimeout,
  checkWork,
} from "./checks.ts";
export { connectionMessage } from "./databases/connection-message.ts";
export { postgresName } from "./databases/postgres-name.ts";
export { passwordRedactor } from "./databases/redact-password.ts";
export { describe, describeKind, describeThrown } from "./describe.ts";
export { type DirectoryLock, lockDirectory } from "./directory-lock.ts";
export { errorProperty, hasCode, headerOf, statusOf } from "./error-property.ts";
export { formatDuration } from "./format-duration.ts";
export { isAbortError } from "./is-abort-error.ts";
export { isIterable } from "./is-iterable.ts";
export { isObject } from "./is-object.ts";
export { isThenable } from "./is-thenable.ts";
export { fileInTheWay, makeDirectory, refuseForeignFiles } from "./make-directory.ts";
export { raceAbort } from "./race-abort.ts";
export { refusePromise } from "./refuse-promise.ts";
export { type ErrorFacts, errorFacts } from "./service-errors/error-facts.ts";
export { parseCutJson } from "./service-errors/find-json.ts";
export { likelyKeys, looksLikeKey } from "./service-errors/likely-keys.ts";
export { redact, secretFilter, type Sensitive } from "./service-errors/redact.ts";
export { type ErrorReport, isTransientStatus, readRefusal, type Refusal } from "./service-errors/refusal.ts";
export { readRetryAfter, timeToReset } from "./service-errors/retry-after.ts";
export { serviceMessage } from "./service-errors/service-message.ts";
export { readDuration } from "./service-errors/wait-in-message.ts";
export { timeoutError } from "./timeout-error.ts";
export { momentAfterBlock, TimeLimit } from "./time-limit.ts";
export { timerDelay } from "./timer-delay.ts";
export { wait } from "./wait.ts";
export { type Abortable, unwatchAbort, watchAbort } from "./watch-abort.ts";
export { whenRejected } from "./when-rejected.ts";
