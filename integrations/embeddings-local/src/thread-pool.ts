import { Worker } from "node:worker_threads";
import { Semaphore } from "@llx/async";
import { NativeCalls } from "./native-calls.ts";
import type { ThreadData, ThreadNotice, ThreadRequest, ThreadResponse, ThreadResult } from "./messages.ts";

/** Next to this module, in the source and in the build. Computed late: a CommonJS bundle has no such URL. */
function workerUrl(): URL {
  const name = import.meta.url.endsWith(".ts") ? "./embedding-worker.ts" : "./embedding-worker.js";
  return new URL(name, import.meta.url);
}

interface Thread {
  readonly worker: Worker;
  readonly calls: NativeCalls;
  current: PromiseWithResolvers<ThreadResult> | undefined;
}

/** The threads of all models, which end with the process. */
const running = new Set<Thread>();

function endAll(): void {
  for (const { calls } of running) calls.endSync();
}

/** Whether this process has been warned that the engine of choice does not work. */
let hasWarned = false;

function warn(problem: string): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    `${problem}. The local model runs on WebAssembly instead, several times slower: install a version that has ` +
      `binaries for this machine (npm install onnxruntime-node), or set engine: "wasm"`,
    { type: "LocalEmbedding", code: "LLX_LOCAL_ENGINE" },
  );
}

/** Threads that each hold the model and process one request at a time; started on first use, or by `preload`. */
export class ThreadPool {
  readonly #data: Omit<ThreadData, "calls">;
  readonly #slots: Semaphore;
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  #lastId = 0;
  #isClosing = false;

  constructor(size: number, data: Omit<ThreadData, "calls">) {
    this.#data = data;
    this.#slots = new Semaphore(size);
  }

  /** Starts a thread that loads the model and then waits. It does not keep the process alive. */
  preload(): void {
    const thread = this.#start();
    thread.worker.unref();
    this.#idle.push(thread);
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<ThreadResult> {
    const permit = await this.#slots.acquire({ signal });
    const thread = this.#idle.pop() ?? this.#start();
    const id = ++this.#lastId;
    const result = Promise.withResolvers<ThreadResult>();
    thread.current = result;
    thread.worker.ref();
    thread.worker.postMessage({ kind: "embed", id, texts } satisfies ThreadRequest);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => {
      thread.worker.postMessage({ kind: "cancel", id } satisfies ThreadRequest);
      aborted.reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    // The thread is free after its response, even if the request was aborted.
    void result.promise
      .catch(() => {})
      .then(() => {
        if (this.#threads.has(thread)) this.#idle.push(thread);
        if (!this.#isClosing) thread.worker.unref();
        permit.release();
      });
    try {
      return await Promise.race([result.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Terminates the threads, even busy ones, after the batch that native code computes. */
  async aclose(): Promise<void> {
    this.#isClosing = true;
    this.#slots.close(new Error("the local embedding model is closed"));
    await Promise.all(
      [...this.#threads].map(async ({ worker, calls }) => {
        worker.ref(); // a wait alone would not keep the process alive
        await calls.ended();
        await worker.terminate();
      }),
    );
  }

  #start(): Thread {
    const calls = new NativeCalls();
    const workerData: ThreadData = { ...this.#data, calls: calls.memory };
    const thread: Thread = { worker: new Worker(workerUrl(), { workerData }), calls, current: undefined };
    this.#threads.add(thread);
    if (running.size === 0) process.on("exit", endAll);
    running.add(thread);
    thread.worker.on("message", (response: ThreadResponse | ThreadNotice) => {
      if (response.kind === "fallback") {
        warn(response.problem);
        return;
      }
      const { current } = thread;
      thread.current = undefined;
      if (response.kind === "embedded") current?.resolve(response);
      else {
        const { message, retryable } = response;
        current?.reject(
          Object.assign(new Error(`the local embedding model failed: ${message}`), { retryable }),
        );
      }
    });
    thread.worker.on("error", (error) => this.#lose(thread, `failed: ${error.message}`));
    thread.worker.on("exit", (code) => this.#lose(thread, `ended with code ${code}`));
    return thread;
  }

  #lose(thread: Thread, how: string): void {
    this.#threads.delete(thread);
    running.delete(thread);
    if (running.size === 0) process.off("exit", endAll);
    const at = this.#idle.indexOf(thread);
    if (at !== -1) this.#idle.splice(at, 1);
    thread.current?.reject(new Error(`a thread of the local embedding model ${how}`));
    thread.current = undefined;
  }
}
