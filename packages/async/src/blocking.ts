// The whole public surface of `@llx/async/blocking`. An addition needs a reason.
export { blockingContext } from "./blocking-context.ts";
export { runBlocking, type RunBlockingOptions } from "./run-blocking.ts";
