import { Worker } from "node:worker_threads";
import { Semaphore } from "@llx/async";
import type { ThreadData, ThreadNotice, ThreadRequest, ThreadResponse, ThreadResult } from "./messages.ts";

/** Next to this module, in the source and in the build. Computed late: a CommonJS bundle has no such URL. */
function workerUrl(): URL {
  const name = import.meta.url.endsWith(".ts") ? "./embedding-worker.ts" : "./embedding-worker.js";
  return new URL(name, import.meta.url);
}

interface Thread {
  readonly worker: Worker;
  current: PromiseWithResolvers<ThreadResult> | undefined;
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
  readonly #data: ThreadData;
  readonly #slots: Semaphore;
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  #lastId = 0;

  constructor(size: number, data: ThreadData) {
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
        thread.worker.unref();
        permit.release();
      });
    try {
      return await Promise.race([result.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Terminates the threads, even busy ones. */
  async aclose(): Promise<void> {
    this.#slots.close(new Error("the local embedding model is closed"));
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #start(): Thread {
    const thread: Thread = {
      worker: new Worker(workerUrl(), { workerData: this.#data }),
      current: undefined,
    };
    this.#threads.add(thread);
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
    const at = this.#idle.indexOf(thread);
    if (at !== -1) this.#idle.splice(at, 1);
    thread.current?.reject(new Error(`a thread of the local embedding model ${how}`));
    thread.current = undefined;
  }
}
