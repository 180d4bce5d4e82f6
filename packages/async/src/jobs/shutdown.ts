import { isAbortError, timerDelay } from "@llx/support";
import { warnOfAbandonedInputs } from "./abandoned-jobs.ts";
import { internally } from "../support/attribution.ts";
import { attachSiblingErrors, type SiblingError } from "./sibling-errors.ts";

// The phases of a run. They are numbers, as one is compared for each job: strings take longer.
const running = 0;
/** Stopped, and the inputs are not closed yet. */
const closing = 1;
/** Only jobs that have not settled remain. */
const draining = 2;
const ended = 3;

/** What stopped a run. */
interface Stop {
  readonly reason: unknown;
  /** Whether the caller requested it; otherwise a failure stopped the run. */
  readonly aborted: boolean;
}

/**
 * How a run ends: at the end of its inputs; or, after a failure or an abort, once its inputs are closed and its jobs have
 * settled, at the latest after `grace` milliseconds.
 */
export class Shutdown {
  readonly #grace: number;
  #phase: typeof running | typeof closing | typeof draining | typeof ended = running;
  #stop: Stop | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #lateErrors: SiblingError[] = [];
  readonly #ended = internally(() => Promise.withResolvers<void>());

  constructor(grace: number) {
    this.#grace = grace;
  }

  /** Whether jobs may start, as nothing has stopped the run. */
  get isRunning(): boolean {
    return this.#phase === running;
  }

  /** Why the run was stopped. */
  get reason(): unknown {
    return this.#stop?.reason;
  }

  /**
   * Stops the run, unless it has already stopped or ended.
   *
   * @param onGraceOver called when jobs or inputs have ignored the stop for `grace` milliseconds
   * @returns whether the run was running
   */
  begin(stop: Stop, onGraceOver: () => void): boolean {
    if (this.#phase !== running) return false;
    this.#phase = closing;
    this.#stop = stop;
    if (this.#grace !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(onGraceOver, timerDelay(this.#grace));
    }
    return true;
  }

  /** Closes the inputs of a run that was stopped. Never rejects. */
  async close(inputs: { close(): Promise<void> }): Promise<void> {
    try {
      await inputs.close();
    } catch (error) {
      this.failedLate(undefined, error);
    }
    if (this.#phase === closing) this.#phase = draining;
  }

  /**
   * Keeps a failure that followed the stop, unless it only says that the job was aborted. After an abort, all
   * failures count as its effect.
   *
   * @param index of the job; `undefined` for the inputs
   */
  failedLate(index: number | undefined, error: unknown): void {
    if (this.#stop === undefined || this.#stop.aborted || isAbortError(error)) return;
    // Several jobs may await one promise: an error must not contain itself.
    if (error !== this.#stop.reason) this.#lateErrors.push({ index, error });
  }

  /** No job is running: the run ends if nothing else is pending. */
  drained(isDone: boolean): void {
    if (this.#phase === running ? isDone : this.#phase === draining) this.#end();
  }

  /** Ends the run without waiting for the rest. */
  abandon(): void {
    if (this.#phase === closing) warnOfAbandonedInputs(this.#grace);
    this.#end();
  }

  /** Waits for the end of the run. */
  async wait(): Promise<void> {
    await this.#ended.promise;
    clearTimeout(this.#timer);
  }

  /** @throws what stopped the run, with the failures that followed */
  throwIfStopped(): void {
    if (this.#stop === undefined) return;
    attachSiblingErrors(this.#stop.reason, this.#lateErrors);
    throw this.#stop.reason;
  }

  #end(): void {
    this.#phase = ended;
    this.#ended.resolve();
  }
}
