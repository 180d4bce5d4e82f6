import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  SHARE_ENV,
  Worker,
} from "node:worker_threads";
import {
  type BlockingResponse,
  type BlockingRequest,
  type BlockingThreadData,
  State,
} from "./blocking-messages.ts";
import { warnOfFailure } from "../run/failures.ts";

/** Next to this module, in the source and in the build. Read late: `import.meta.url` is missing in CommonJS bundles of users. */
export function workerUrl(): URL {
  const name = import.meta.url.endsWith(".ts") ? "./blocking-worker.ts" : "./blocking-worker.js";
  return new URL(name, import.meta.url);
}

/** A thread that died without a response does not wake the caller: how often to check that it is alive, in milliseconds. */
const checkInterval = 500;

/** A second thread, which handles requests while this one sleeps. It does not keep the process alive. */
export class BlockingThread {
  readonly #worker: Worker;
  readonly #state: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #port: MessagePort;
  /** Whether its end has been reported. */
  #isOver = false;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData: BlockingThreadData = { port: port2, state: this.#state };
    // The environment is shared: otherwise a reused thread would not see variables that are set later.
    this.#worker = new Worker(workerUrl(), {
      workerData,
      transferList: [port2],
      env: SHARE_ENV,
      // `--input-type` is for the input of `node --eval`; a thread with it would not start.
      ...(process.execArgv.some((arg) => arg.startsWith("--input-type")) && { execArgv: [] }),
    });
    this.#worker.on("error", (error) => {
      if (!this.#isOver) warnOfFailure({ what: "on the thread of runBlocking", error });
    });
    this.#worker.unref();
  }

  /**
   * Sends a request, and sleeps until the response. Only a thread that has responded can get another request; it is "gone" if
   * it has ended since then, and has not begun the request.
   *
   * @param timeout in milliseconds; then the thread is terminated
   * @throws a `DataCloneError`
   */
  run(request: BlockingRequest, timeout: number): BlockingResponse | "late" | "died" | "gone" {
    if (!this.#send(request)) return "gone";
    const response = this.#receive(timeout);
    if (typeof response !== "string" && response.kind !== "ended") return response;
    if (typeof response !== "string" && !response.begun) return "gone";
    // A later error of the thread is reported only if its end has not been reported yet.
    this.#isOver = response !== "died";
    void this.#worker.terminate();
    return response;
  }

  #send(request: BlockingRequest): boolean {
    if (Atomics.compareExchange(this.#state, 0, State.idle, State.busy) !== State.idle) return false;
    try {
      this.#port.postMessage(request);
      return true;
    } catch (error) {
      Atomics.compareExchange(this.#state, 0, State.busy, State.idle);
      throw error;
    }
  }

  #receive(timeout: number): BlockingResponse | "late" | "died" {
    const deadline = performance.now() + timeout;
    for (;;) {
      const remaining = deadline - performance.now();
      Atomics.wait(this.#state, 0, State.busy, Math.max(0, Math.min(remaining, checkInterval)));
      const received = receiveMessageOnPort(this.#port);
      if (received !== undefined) return received.message as BlockingResponse;
      if (performance.now() >= deadline) return "late";
      if (Atomics.load(this.#state, 0) === State.busy && !this.#isAlive()) return "died";
    }
  }

  /** A port closes when the thread at its other end exits, and a closed port cannot be transferred, even to this thread. */
  #isAlive(): boolean {
    try {
      this.#port = structuredClone(this.#port, { transfer: [this.#port] });
      return true;
    } catch {
      return false;
    }
  }
}
