import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { serializeTrace } from "@llx/callbacks";
import { checkNames, checkTimeout, describe, describeThrown, type NamesOf } from "@llx/support";
import { type BlockingCall, blockingContext, blockingRuns, nameOfCall } from "./blocking-context.ts";
import type { BlockingResponse, BlockingRequest } from "./blocking-messages.ts";
import { BlockingThread, workerUrl } from "./blocking-thread.ts";
import { type Serialized, deserializeError } from "./serialize-error.ts";

/** How long a blocking call may take, and the context that it gets. */
export interface RunBlockingOptions {
  /** What `blockingContext()` returns to the function, as a copy. Default: what it returns here. */
  readonly context?: object | undefined;
  /**
   * How long the call may take, in milliseconds, the start of the thread included; then the thread is terminated.
   *
   * @default Infinity
   */
  readonly timeout?: number | undefined;
}

/**
 * Runs an async function of a module on a second thread, and blocks this one until it has ended: for callers that cannot
 * `await`, even inside a running event loop. That loop is blocked too, with its timers and signal handlers.
 *
 * Arguments, context and result are copied (structured clone). The events of the function join the trace of the caller. What
 * it throws is thrown here: an instance of its built-in class, or of the one it extends, with its name, message, cause,
 * enumerable properties, and the stacks of both threads. What it prints is written at once.
 *
 * The thread is kept for the next call, which costs about 50 µs; the first one takes about 70 ms. Modules stay loaded there,
 * work that a function leaves running continues, environment variables are shared, and the process exits without waiting
 * for the thread. A call from that thread blocks it, and gets its own thread.
 *
 * @param exportName the function that the module exports
 * @param args its arguments, which are copied to the thread
 * @param moduleUrl a `file:`, `data:` or `node:` URL, or an absolute path
 * @throws TypeError for invalid arguments, for a module or an export that does not exist, and for an argument or a result
 *   that cannot be cloned; a `TimeoutError`; Error if the function could never end: it is already running and waits for this
 *   call, nothing is left on its thread that it could wait for, or the thread has ended
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
  const call = nameOfCall(called);
  if (chain.some((above) => above.module === module && above.name === exportName)) {
    throw new Error(neverEnds(call, chain));
  }
  const request = { ...called, args, context, trace: serializeTrace(), chain: [...chain, called] };

  const response = run(request, timeout);
  if (response === "late") {
    throw new DOMException(
      `${call} did not end within ${timeout} ms; its thread was terminated`,
      "TimeoutError",
    );
  }
  if (typeof response === "string") throw new Error(`the thread of ${call} died: ${whyDied()}`);
  switch (response.kind) {
    case "value":
      return response.value as Awaited<ReturnType<F>>;
    case "thrown":
      throw withBothStacks(deserializeError(response.error), call);
    case "invalid":
      throw new TypeError(response.message, causeOf(response.cause));
    case "stuck":
      throw new Error(
        `${call} can never end: nothing is left on its thread that it could wait for, and the calling thread is blocked`,
      );
    default:
      throw new Error(endOf(call, response), causeOf(response.error));
  }
}

/** Kept for the next call: as each call blocks this thread, no two can need it at once. */
let kept: BlockingThread | undefined;

function run(request: BlockingRequest, timeout: number): BlockingResponse | "late" | "died" | "gone" {
  try {
    let response = kept?.run(request, timeout) ?? "gone";
    // Work that an earlier call left running may have ended the kept thread.
    if (response === "gone") response = (kept = new BlockingThread()).run(request, timeout);
    if (typeof response === "string" || response.kind === "ended") kept = undefined;
    return response;
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
    `moduleUrl must be a URL or an absolute path, not ${describe(moduleUrl)}, which is relative to an unknown folder: ` +
      `use new URL("./x.js", import.meta.url) or, in CommonJS, require.resolve("./x.js"), ` +
      `and for a package import.meta.resolve("x")`,
  );
}

const optionNames: NamesOf<RunBlockingOptions> = { context: true, timeout: true };

function checkRest(exportName: unknown, args: unknown, options: RunBlockingOptions): void {
  if (typeof exportName !== "string") {
    throw new TypeError(
      `exportName must be a string, the name of an exported function, not ${describe(exportName)}`,
    );
  }
  if (!Array.isArray(args)) throw new TypeError(`args must be an array of arguments, not ${describe(args)}`);
  checkNames(options, optionNames);
  const { context, timeout } = options;
  if (timeout !== undefined) checkTimeout("timeout", timeout);
  if (context !== undefined && (typeof context !== "object" || context === null)) {
    throw new TypeError(`context must be an object, not ${describe(context)}`);
  }
}

function neverEnds(call: string, chain: readonly BlockingCall[]): string {
  return (
    `${call} is already running and waits for this call, which would start it again: neither could ever end. ` +
    `Await the function itself there, or start it with asyncRun: runBlocking is for callers that cannot await. ` +
    `Running: ${chain.map(nameOfCall).join(", which waits for ")}`
  );
}

function whyDied(): string {
  return existsSync(workerUrl())
    ? "it may have run out of memory; a warning with the cause follows when this thread continues"
    : `its program is missing: your bundler must also copy ${workerUrl().href}`;
}

function endOf(call: string, { code, error }: BlockingResponse & { kind: "ended" }): string {
  const how =
    error === undefined
      ? `with exit code ${code}`
      : `by an uncaught error: ${describeThrown(deserializeError(error))}`;
  return `the thread of ${call} ended before the call, ${how}`;
}

function causeOf(cause: Serialized | undefined): ErrorOptions | undefined {
  return cause && { cause: deserializeError(cause) };
}

/** Appends the stack of the call to that of the error. */
function withBothStacks(error: unknown, call: string): unknown {
  if (!(error instanceof Error)) return error;
  const here = { stack: "" };
  Error.captureStackTrace(here, runBlocking);
  const [, ...frames] = here.stack.split("\n");
  const stack = [error.stack, `    at runBlocking (${call}, on another thread)`, ...frames].join("\n");
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  return error;
}

/** Names the part of a request that cannot be cloned. */
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
