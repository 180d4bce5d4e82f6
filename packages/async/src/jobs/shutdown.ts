import { isAbortError, timerDelay } from "@llx/support";
import { warnOfAbandonedInputs } from "./abandoned-jobs.ts";
import { internally } from "../support/attribution.ts";
import { attachSiblingErrors, type SiblingError } from "./sibling-errors.ts";

/** What stopped a run. */
interface Stop {
  readonly reason: unknown;
  /** Whether somebody asked for it; else a failure stopped the run. */
  readonly aborted: boolean;
}

/**
 * How a run ends: at the end of its inputs; or, after a failure or an abort, when its inputs are closed and its jobs have
 * settled, at the latest after `grace` milliseconds.
 */
export class Shutdown {
  readonly #grace: number;
  /** `closing`: stopped, and the inputs are not closed yet. `draining`: what is left are jobs that have not settled. */
  #phase: "running" | "closing" | "draining" | "ended" = "running";
  /** Whether nothing has stopped the run, and jobs may start. A field, as it is read for each job. */
  isRunning = true;
  #stop: Stop | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #lateErrors: SiblingError[] = [];
  readonly #ended = internally(() => Promise.withResolvers<void>());

  constructor(grace: number) {
    this.#grace = grace;
  }

  /** Why the run was stopped. */
  get reason(): unknown {
    return this.#stop?.reason;
  }

  /**
   * Stops the run, unless it is stopped or has ended already.
   *
   * @param onGraceOver called when jobs or inputs have ignored for `grace` milliseconds that they should end
   * @returns whether the run was running
   */
  begin(stop: Stop, onGraceOver: () => void): boolean {
    if (this.#phase !== "running") return false;
    this.#phase = "closing";
    this.isRunning = false;
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
    if (this.#phase === "closing") this.#phase = "draining";
  }

  /**
   * Keeps a failure that came after the stop, if it says more than that the job was aborted. After an abort, all
   * failures are taken for its effect.
   *
   * @param index of the job; `undefined` for the inputs
   */
  failedLate(index: number | undefined, error: unknown): void {
    if (this.#stop === undefined || this.#stop.aborted || isAbortError(error)) return;
    // Several jobs may await one promise: an error must not carry itself.
    if (error !== this.#stop.reason) this.#lateErrors.push({ index, error });
  }

  /** No job runs. The run ends, if nothing else is left. */
  drained(isDone: boolean): void {
    if (this.#phase === "running" ? isDone : this.#phase === "draining") this.#end();
  }

  /** Ends the run without what is left. */
  abandon(): void {
    if (this.#phase === "closing") warnOfAbandonedInputs(this.#grace);
    this.#end();
  }

  /** Waits for the end of the run. */
  async wait(): Promise<void> {
    await this.#ended.promise;
    clearTimeout(this.#timer);
  }

  /** @throws what stopped the run, with the failures that came after it */
  throwIfStopped(): void {
    if (this.#stop === undefined) return;
    attachSiblingErrors(this.#stop.reason, this.#lateErrors);
    throw this.#stop.reason;
  }

  #end(): void {
    this.#phase = "ended";
    this.isRunning = false;
    this.#ended.resolve();
  }
}
