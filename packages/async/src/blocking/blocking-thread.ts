import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  SHARE_ENV,
  Worker,
} from "node:worker_threads";
import {
  type BlockingAnswer,
  type BlockingRequest,
  type BlockingThreadData,
  State,
} from "./blocking-messages.ts";
import { warnOfFailure } from "../run/failures.ts";

/** Beside this module, whether it is the source or the build. Asked for late: a bundle as CommonJS has no such URL. */
export function workerUrl(): URL {
  const name = import.meta.url.endsWith(".ts") ? "./blocking-worker.ts" : "./blocking-worker.js";
  return new URL(name, import.meta.url);
}

/** A thread that died without a word wakes nobody: so often is it looked after, in milliseconds. */
const lookAfter = 500;

/** A second thread, which does what it is asked while this one sleeps. It does not keep the process alive. */
export class BlockingThread {
  readonly #worker: Worker;
  readonly #state: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #answers: MessagePort;
  #isOver = false;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#answers = port1;
    const workerData: BlockingThreadData = { answers: port2, state: this.#state };
    // The environment is shared, as a kept thread would not see what is set later.
    this.#worker = new Worker(workerUrl(), {
      workerData,
      transferList: [port2],
      env: SHARE_ENV,
      // The thread is no input of `node --input-type=module --eval`, and would refuse to be.
      ...(process.execArgv.some((arg) => arg.startsWith("--input-type")) && { execArgv: [] }),
    });
    this.#worker.on("error", (error) => {
      if (!this.#isOver) warnOfFailure({ what: "on the thread of runBlocking", error });
    });
    this.#worker.unref();
  }

  /**
   * Has a request done, and sleeps meanwhile. Only a thread that has answered can be asked again; it is "gone" where
   * it has ended since then, and has not begun with the request.
   *
   * @param timeout in milliseconds; then the thread is ended, whatever it does
   * @throws what cannot be cloned
   */
  run(request: BlockingRequest, timeout: number): BlockingAnswer | "late" | "died" | "gone" {
    if (!this.#ask(request)) return "gone";
    const answer = this.#answer(timeout);
    if (typeof answer !== "string" && answer.kind !== "ended") return answer;
    if (typeof answer !== "string" && !answer.begun) return "gone";
    // What it says from now on is of no interest, unless it has said nothing yet.
    this.#isOver = answer !== "died";
    void this.#worker.terminate();
    return answer;
  }

  #ask(request: BlockingRequest): boolean {
    if (Atomics.compareExchange(this.#state, 0, State.idle, State.asked) !== State.idle) return false;
    try {
      this.#worker.postMessage(request);
      return true;
    } catch (error) {
      Atomics.compareExchange(this.#state, 0, State.asked, State.idle);
      throw error;
    }
  }

  #answer(timeout: number): BlockingAnswer | "late" | "died" {
    const deadline = performance.now() + timeout;
    for (;;) {
      const left = deadline - performance.now();
      Atomics.wait(this.#state, 0, State.asked, Math.max(0, Math.min(left, lookAfter)));
      const received = receiveMessageOnPort(this.#answers);
      if (received !== undefined) return received.message as BlockingAnswer;
      if (performance.now() >= deadline) return "late";
      if (Atomics.load(this.#state, 0) === State.asked && !this.#isAlive()) return "died";
    }
  }

  /** The other end of a port closes with its thread, and a closed port cannot be moved: not even to where it is. */
  #isAlive(): boolean {
    try {
      this.#answers = structuredClone(this.#answers, { transfer: [this.#answers] });
      return true;
    } catch {
      return false;
    }
  }
}
