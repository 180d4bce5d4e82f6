// The whole public surface of `@llx/async/blocking`. An addition needs a reason.
export { blockingContext } from "./blocking/blocking-context.ts";
export { runBlocking, type RunBlockingOptions } from "./blocking/run-blocking.ts";
