import { parentPort, workerData } from "node:worker_threads";
import { blockingRuns, wordsOfCall } from "./blocking-context.ts";
import {
  type BlockingAnswer,
  type BlockingRequest,
  type BlockingThreadData,
  State,
} from "./blocking-messages.ts";
import { carry } from "./serialize-error.ts";
import { writeAtOnce } from "./write-at-once.ts";

/** The thread of `runBlocking`: does one request after another, while the caller sleeps. */
const port = parentPort!;
const { answers, state } = workerData as BlockingThreadData;
let current: BlockingRequest | undefined;
let uncaught: { readonly error: unknown } | undefined;

function send(answer: BlockingAnswer, next: number): void {
  answers.postMessage(answer);
  Atomics.store(state, 0, next);
  Atomics.notify(state, 0);
}

/** The first answer counts: a function that was given up may end after all. */
function finish(request: BlockingRequest, answer: BlockingAnswer): void {
  if (current !== request) return;
  current = undefined;
  port.ref();
  try {
    send(answer, State.idle);
  } catch (error) {
    const message = `the result of ${wordsOfCall(request)} cannot be cloned for the thread that called it: ${wordsOf(error)} Return plain data`;
    send({ kind: "refused", message, cause: carry(error) }, State.idle);
  }
}

async function run(request: BlockingRequest): Promise<BlockingAnswer> {
  const { module, name, args } = request;
  let exports: Record<string, unknown>;
  try {
    exports = (await import(module)) as Record<string, unknown>;
  } catch (error) {
    const isThere = (error as { url?: unknown } | undefined)?.url !== module;
    const why = isThere ? `its module could not be loaded: ${wordsOf(error)}` : "there is no such module";
    const message = `${wordsOfCall(request)} cannot be run: ${why}`;
    return { kind: "refused", message, cause: carry(error) };
  }
  // What a CommonJS module exports is not always known by name.
  const owner = [exports, exports["default"]].find((each) => Object.hasOwn(Object(each), name));
  const found = (owner as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== "function") {
    const problem = owner === undefined ? "not there" : `no function, but ${typeof found}`;
    const names = Object.keys(exports).join(", ") || "nothing";
    return { kind: "refused", message: `${wordsOfCall(request)} is ${problem}; the module exports ${names}` };
  }
  try {
    return { kind: "value", value: await (Reflect.apply(found, undefined, args) as unknown) };
  } catch (error) {
    return { kind: "thrown", error: carry(error) };
  }
}

async function runInContext(request: BlockingRequest): Promise<BlockingAnswer> {
  const { context, chain, trace } = request;
  const start = (): Promise<BlockingAnswer> => blockingRuns.run({ context, chain }, () => run(request));
  if (trace === undefined) return start();
  // Loaded when it is needed, so that the thread starts faster.
  const { continueTrace } = await import("@llx/callbacks");
  return continueTrace(trace, start);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
  const error = uncaught && carry(uncaught.error);
  send({ kind: "ended", begun: current !== undefined, code, error }, State.ended);
});

port.on("message", (request: BlockingRequest) => {
  current = request;
  // While it runs, what is left to do keeps the thread alive, and nothing else: see "beforeExit".
  port.unref();
  void runInContext(request).then((result) => finish(request, result));
});
port.on("messageerror", (error) => {
  const message = `the arguments could not be read on the other thread: ${error.message}`;
  send({ kind: "refused", message, cause: carry(error) }, State.idle);
});
