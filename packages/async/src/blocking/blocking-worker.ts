import { workerData } from "node:worker_threads";
import { describeThrown, errorProperty } from "@llx/support";
import { blockingRuns, nameOfCall } from "./blocking-context.ts";
import {
  type BlockingResponse,
  type BlockingRequest,
  type BlockingThreadData,
  State,
} from "./blocking-messages.ts";
import { serializeError } from "./serialize-error.ts";
import { writeAtOnce } from "./write-at-once.ts";

/** The thread of `runBlocking`: handles one request after another, while the caller sleeps. */
const { port, state } = workerData as BlockingThreadData;
let current: BlockingRequest | undefined;
let uncaught: { readonly error: unknown } | undefined;

function send(response: BlockingResponse, next: number): void {
  port.postMessage(response);
  Atomics.store(state, 0, next);
  Atomics.notify(state, 0);
}

/** The first response counts: a function that was given up may still end. */
function finish(request: BlockingRequest, response: BlockingResponse): void {
  if (current !== request) return;
  current = undefined;
  port.ref();
  try {
    send(response, State.idle);
  } catch (error) {
    const message = `the result of ${nameOfCall(request)} cannot be cloned for the calling thread: ${messageOf(error)} Return plain data`;
    send({ kind: "invalid", message, cause: serializeError(error) }, State.idle);
  }
}

async function run(request: BlockingRequest): Promise<BlockingResponse> {
  const { module, name, args } = request;
  let exports: Record<string, unknown>;
  try {
    exports = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    const isThere = errorProperty(error, "url") !== module;
    const why = isThere ? `its module could not be loaded: ${messageOf(error)}` : "the module does not exist";
    const message = `${nameOfCall(request)} cannot be run: ${why}`;
    return { kind: "invalid", message, cause: serializeError(error) };
  }
  // Not every export of a CommonJS module is a named export.
  const owner = [exports, exports["default"]].find((each) => Object.hasOwn(Object(each), name));
  const found = (owner as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== "function") {
    const problem = owner === undefined ? "not exported" : `not a function, but ${typeof found}`;
    const names = Object.keys(exports).join(", ") || "nothing";
    return { kind: "invalid", message: `${nameOfCall(request)} is ${problem}; the module exports ${names}` };
  }
  try {
    return { kind: "value", value: await (Reflect.apply(found, undefined, args) as unknown) };
  } catch (error) {
    return { kind: "thrown", error: serializeError(error) };
  }
}

async function runInContext(request: BlockingRequest): Promise<BlockingResponse> {
  const { context, chain, trace } = request;
  const start = (): Promise<BlockingResponse> => blockingRuns.run({ context, chain }, () => run(request));
  if (trace === undefined) return start();
  // Loaded on demand, so that the thread starts faster.
  const { continueTrace } = await import("@llx/callbacks");
  return continueTrace(trace, start);
}

function messageOf(error: unknown): string {
  const message = errorProperty(error, "message");
  return typeof message === "string" ? message : describeThrown(error);
}

writeAtOnce(process.stdout, 1);
writeAtOnce(process.stderr, 2);

process.on("uncaughtExceptionMonitor", (error) => {
  uncaught = { error };
});
process.on("beforeExit", () => {
  if (current !== undefined) finish(current, { kind: "stuck" });
});
process.on("exit", (code) => {
  const error = uncaught && serializeError(uncaught.error);
  send({ kind: "ended", begun: current !== undefined, code, error }, State.ended);
});

port.on("message", (request: BlockingRequest) => {
  current = request;
  uncaught = undefined;
  // While it runs, only its own pending work keeps the thread alive: see "beforeExit".
  port.unref();
  void runInContext(request).then((result) => finish(request, result));
});
port.on("messageerror", (error) => {
  const message = `the arguments could not be read on the other thread: ${error.message}`;
  send({ kind: "invalid", message, cause: serializeError(error) }, State.idle);
});
