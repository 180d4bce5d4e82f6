import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { serializeTrace } from "@llx/callbacks";
import { checkTimeout, describe, describeThrown } from "@llx/support";
import { type BlockingCall, blockingContext, blockingRuns, wordsOfCall } from "./blocking-context.ts";
import type { BlockingAnswer, BlockingRequest } from "./blocking-messages.ts";
import { BlockingThread, workerUrl } from "./blocking-thread.ts";
import { type Carried, uncarry } from "./serialize-error.ts";

/** How long a blocking call may take, and what context goes with it. */
export interface RunBlockingOptions {
  /** Values that the function reads by `blockingContext()`. Default: those that are read here. */
  readonly context?: object | undefined;
  /** How long it may take, in milliseconds, the start of the thread included; then that is ended. Default: for ever. */
  readonly timeout?: number | undefined;
}

/**
 * Runs an async function of a module to its end on a second thread, and blocks this one meanwhile: for callers that
 * cannot `await`, also inside a running event loop. That loop stands still, with its timers and signal handlers.
 *
 * Arguments, context and result are copied, as messages between threads are. The events of the function join the
 * trace around the caller. What it throws is thrown here: of the built-in class that it is or extends, with its
 * name, message, cause, enumerable properties, and a stack of both threads. What it prints is written at once.
 *
 * The thread is kept for the next call, which costs about 50 µs; the first one takes about 70 ms. Modules stay
 * loaded there, what a function leaves running goes on, environment variables are shared, and the process exits
 * without waiting for it. A call from that thread blocks it, and has a thread of its own.
 *
 * @param moduleUrl a `file:`, `data:` or `node:` URL, or an absolute path
 * @throws TypeError for bad arguments, for a module or an export that is not there, and for an argument or a result
 *   that cannot be cloned; a `TimeoutError`; Error where the function could never end: it is running already and
 *   waits for this call, nothing is left on its thread that it could wait for, or the thread has ended
 *
 * @example
 * ```ts
 * // load.js exports `async function load(path: string): Promise<string>`
 * type Load = (path: string) => Promise<string>;
 * const url = new URL("./load.js", import.meta.url);
 * const page = runBlocking<Load>(url, "load", ["index"], { timeout: 30_000 });
 * ```
 */
export function runBlocking<F extends (...args: never[]) => unknown = (...args: unknown[]) => unknown>(
  moduleUrl: string | URL,
  exportName: string,
  args: Readonly<Parameters<F>>,
  options: RunBlockingOptions = {},
): Awaited<ReturnType<F>> {
  const module = hrefOf(moduleUrl);
  checkRest(exportName, args, options);
  const { context = blockingContext(), timeout = Number.POSITIVE_INFINITY } = options;
  const chain = blockingRuns.getStore()?.chain ?? [];
  const called = { module, name: exportName };
  const call = wordsOfCall(called);
  if (chain.some((above) => above.module === module && above.name === exportName)) {
    throw new Error(neverEnds(call, chain));
  }
  const request = { ...called, args, context, trace: serializeTrace(), chain: [...chain, called] };

  const answer = run(request, timeout);
  if (answer === "late") {
    throw new DOMException(`${call} did not end within ${timeout} ms; its thread was ended`, "TimeoutError");
  }
  if (typeof answer === "string") throw new Error(`the thread of ${call} died: ${whyDied()}`);
  switch (answer.kind) {
    case "value":
      return answer.value as Awaited<ReturnType<F>>;
    case "thrown":
      throw withStackOfBoth(uncarry(answer.error), call);
    case "refused":
      throw new TypeError(answer.message, causeOf(answer.cause));
    case "stuck":
      throw new Error(
        `${call} waits for something that nothing on its thread can bring about any more; ` +
          "the thread that called it cannot, as it is blocked",
      );
    default:
      throw new Error(endOf(call, answer), causeOf(answer.error));
  }
}

/** Kept for the next call: while this thread is blocked, nobody else here can ask for it. */
let kept: BlockingThread | undefined;

function run(request: BlockingRequest, timeout: number): BlockingAnswer | "late" | "died" | "gone" {
  try {
    let answer = kept?.run(request, timeout) ?? "gone";
    // The one that was kept may have ended, by something that an earlier call left there.
    if (answer === "gone") answer = (kept = new BlockingThread()).run(request, timeout);
    if (typeof answer === "string" || answer.kind === "ended") kept = undefined;
    return answer;
  } catch (error) {
    throw uncloneable(request, error);
  }
}

function hrefOf(moduleUrl: unknown): string {
  if (moduleUrl instanceof URL) return moduleUrl.href;
  if (typeof moduleUrl !== "string") {
    throw new TypeError(`moduleUrl must be a URL or a string, not ${describe(moduleUrl)}`);
  }
  if (isAbsolute(moduleUrl)) return pathToFileURL(moduleUrl).href;
  if (/^(file|data|node):/.test(moduleUrl)) return new URL(moduleUrl).href;
  throw new TypeError(
    `moduleUrl must be a URL or an absolute path, as it does not say relative to what it is, not ` +
      `${describe(moduleUrl)}: use new URL("./x.js", import.meta.url) or, in CommonJS, require.resolve("./x.js"), ` +
      `and for a package import.meta.resolve("x")`,
  );
}

function checkRest(exportName: unknown, args: unknown, options: RunBlockingOptions): void {
  if (typeof exportName !== "string") {
    throw new TypeError(
      `exportName must be a string, the name of an exported function, not ${describe(exportName)}`,
    );
  }
  if (!Array.isArray(args)) throw new TypeError(`args must be an array of arguments, not ${describe(args)}`);
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, not ${describe(options)}`);
  }
  const { context, timeout } = options;
  if (timeout !== undefined) checkTimeout("timeout", timeout);
  if (context !== undefined && (typeof context !== "object" || context === null)) {
    throw new TypeError(`context must be an object, not ${describe(context)}`);
  }
}

function neverEnds(call: string, chain: readonly BlockingCall[]): string {
  return (
    `${call} is running already and waits for this call, which would start it again and so could never end. ` +
    `Where it runs, await the function itself, or start it with asyncRun: runBlocking is for callers that cannot ` +
    `await. Running: ${chain.map(wordsOfCall).join(", which waits for ")}`
  );
}

function whyDied(): string {
  return existsSync(workerUrl())
    ? "it may have run out of memory; a warning with the cause follows when this thread goes on"
    : `its program is missing: a bundler that moves this package must bring ${workerUrl().href} along`;
}

function endOf(call: string, { code, error }: BlockingAnswer & { kind: "ended" }): string {
  const how =
    error === undefined
      ? `with exit code ${code}`
      : `by an error that nothing caught: ${describeThrown(uncarry(error))}`;
  return `the thread of ${call} ended before that did, ${how}`;
}

function causeOf(cause: Carried | undefined): ErrorOptions | undefined {
  return cause && { cause: uncarry(cause) };
}

/** The stack there, and where this thread waited for it. */
function withStackOfBoth(error: unknown, call: string): unknown {
  if (!(error instanceof Error)) return error;
  const here = { stack: "" };
  Error.captureStackTrace(here, runBlocking);
  const [, ...frames] = here.stack.split("\n");
  const stack = [error.stack, `    at runBlocking (${call}, on another thread)`, ...frames].join("\n");
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  return error;
}

/** Which part of a request it is that cannot be cloned. */
function uncloneable({ args, context }: BlockingRequest, error: unknown): unknown {
  const parts = [
    ...args.map((value, index) => [`args[${index}]`, value] as const),
    ...Object.entries(context ?? {}).map(([key, value]) => [`context.${key}`, value] as const),
  ];
  for (const [name, value] of parts) {
    try {
      structuredClone(value);
    } catch (cause) {
      return new TypeError(
        `${name} cannot be cloned for another thread: ${cause instanceof Error ? cause.message : String(cause)} ` +
          "Pass plain data: this thread is blocked until the function ends, and cannot be called back",
        { cause },
      );
    }
  }
  return error;
}
