import { checkCount } from "@llx/support";
import { askFor } from "../support/attribution.ts";
import { AdaptiveLimiter } from "../limits/adaptive-limiter.ts";
import type { Context } from "./job-context.ts";
import type { RateLimiter } from "../limits/rate-limiter.ts";
import type { RateOptions } from "../limits/rate-options.ts";
import type { CallbackManager } from "@llx/callbacks";
import { JobPause } from "./job-pause.ts";
import type { JobProgress } from "./job-progress.ts";
import { notRefused, type RefusalState } from "../refusals/refusal-control.ts";
import type { PauseListener, Refusal } from "../refusals/refusal-gate.ts";
import type { RefusedError } from "../retry/retry-policy.ts";
import { makeRefusalPool, refusalPoolOf } from "./refusal-pool.ts";
import { free, type JobPermit } from "./job-permit.ts";
import type { Semaphore } from "../limits/semaphore.ts";

/** The limits of one run, and its callbacks. */
export interface AdmissionOptions<I> {
  readonly workers: number | Semaphore | AdaptiveLimiter;
  readonly rate: RateLimiter | undefined;
  /** How many tokens of the rate an input takes. */
  readonly tokens: ((input: I) => number) | undefined;
  /** How many inputs of the rate it is. */
  readonly inputs: ((input: I) => number) | undefined;
  readonly progress: JobProgress | undefined;
  readonly manager: CallbackManager | undefined;
  /** Called with the error of a handler that has `raiseErrors`. */
  readonly fail: (error: unknown) => void;
  /** Called with a job that is admitted after a wait. */
  readonly start: (input: I, job: Context, permit: JobPermit) => void;
  /** Called with a job that cannot be admitted, and why. */
  readonly refuse: (input: I, job: Context, error: unknown) => void;
  /** Why a job does not wait any longer for a service that refuses; `undefined` as long as it does. */
  readonly givenUp: (state: RefusalState) => RefusedError | undefined;
  /** Called when a job no longer waits, and the next one may request admission. */
  readonly onOpen: () => void;
}

/**
 * Admits jobs: by a number of workers, or workers that several calls share; by a rate; and by whether the service
 * refuses. Each job has to pass every limit that is set.
 */
export class JobAdmission<I> {
  /** How many jobs of this run may run at once; `Infinity` if the workers are shared. */
  readonly #limit: number;
  readonly #shared: Semaphore | AdaptiveLimiter | undefined;
  readonly #adaptive: AdaptiveLimiter | undefined;
  readonly #options: AdmissionOptions<I>;
  #pause: JobPause | undefined;
  #rate: RateLimiter | undefined;
  #asking: Context | undefined;
  /** Ends the wait of the job that requests admission. */
  #waiting: AbortController | undefined;

  constructor(options: AdmissionOptions<I>) {
    const { workers, rate } = options;
    this.#options = options;
    this.#limit = typeof workers === "number" ? workers : Number.POSITIVE_INFINITY;
    this.#shared = typeof workers === "number" ? undefined : workers;
    if (workers instanceof AdaptiveLimiter) this.#adaptive = workers;
    if (rate !== undefined) this.#setRate(rate);
  }

  /** Whether a job may request admission while `running` jobs of the run are admitted: one at a time. */
  isOpen(running: number): boolean {
    return running < this.#limit && this.#asking === undefined;
  }

  /** Admits a job that may start now; otherwise returns `undefined`, and calls `start` with it later, or `refuse`. */
  enter(input: I, job: Context): JobPermit | undefined {
    if (this.#shared === undefined && this.#rate === undefined) return free;
    try {
      const permit = this.#tryEnter(input, job);
      if (permit === undefined) void this.#wait(input, job);
      return permit;
    } catch (error) {
      // The caller's `tokens` or `inputs` has thrown, or is more than the rate ever allows.
      this.#options.refuse(input, job, error);
      return undefined;
    }
  }

  /** The job that waits for admission, if any. */
  get asking(): Context | undefined {
    return this.#asking;
  }

  /** Ends the wait of the job that requests admission. */
  cancel(reason: unknown): void {
    this.#waiting?.abort(reason);
  }

  /** A service asks all callers to wait, without refusing. */
  pause(milliseconds: number): void {
    this.#rate?.pauseUntil(Date.now() + milliseconds);
  }

  /** A job was refused: from now on, all jobs wait until the service accepts one again. */
  refused(job: Context, refusal: Refusal): void {
    if (this.#rate === undefined) this.#setRate(makeRefusalPool(this.#shared));
    // An adaptive limiter has counted it itself, unless it was a probe.
    if (this.#shared && (!this.#adaptive || job.lease?.isTry)) this.#shared.refused++;
    if (job.lease === undefined) this.#rate!.refused(refusal);
    else job.lease.refused(refusal);
  }

  get refusal(): RefusalState {
    return this.#rate?.refusal ?? notRefused;
  }

  /** How long until a job may start, in milliseconds. */
  get pausedFor(): number {
    return this.#rate?.state.pausedFor ?? 0;
  }

  /** How many requests of this run, and of those that share its limit, the service has refused. */
  get refusals(): number {
    return this.#rate?.state.refused ?? 0;
  }

  /** The run is over. */
  leave(): void {
    this.#rate?.unwatchRefusals(this.#onRefusal);
    this.#pause?.end();
  }

  /** `undefined` if the job has to wait. */
  #tryEnter(input: I, job: Context): JobPermit | undefined {
    const permit = this.#shared === undefined ? free : this.#tryPermit(this.#shared, job);
    const rate = permit && this.#rateNow();
    let isIn = rate === undefined;
    try {
      if (rate !== undefined) {
        job.lease = rate.tryAcquire(this.#chargeOf(input));
        isIn = job.lease !== undefined;
      }
    } finally {
      if (isIn) permit?.begin?.();
      else permit?.release();
    }
    return isIn ? permit : undefined;
  }

  async #wait(input: I, job: Context): Promise<void> {
    const { start, refuse, onOpen } = this.#options;
    const { signal } = (this.#waiting = new AbortController());
    this.#asking = job;
    let permit: JobPermit = free;
    try {
      if (this.#shared !== undefined) permit = await this.#permit(this.#shared, job, signal);
      job.lease = await this.#rateNow()?.acquire({ ...this.#chargeOf(input), signal });
      // It may have been admitted and cancelled in the same turn.
      signal.throwIfAborted();
      permit.begin?.();
      start(input, job, permit);
    } catch (error) {
      permit.release();
      job.lease?.cancel();
      // It is more than a limit that was lowered meanwhile, a limit was closed, or the wait was ended.
      refuse(input, job, error);
    }
    this.#asking = undefined;
    this.#waiting = undefined;
    onOpen();
  }

  #chargeOf(input: I): RateOptions | undefined {
    const { tokens, inputs } = this.#options;
    if (!tokens && !inputs) return undefined;
    return { tokens: chargeOf("tokens", tokens, input), inputs: chargeOf("inputs", inputs, input) };
  }

  #tryPermit(workers: Semaphore | AdaptiveLimiter, { index }: Context): JobPermit | undefined {
    return askFor(index, () =>
      this.#adaptive === undefined ? workers.tryAcquire() : this.#adaptive.tryReserve(),
    );
  }

  #permit(workers: Semaphore | AdaptiveLimiter, { index }: Context, signal: AbortSignal): Promise<JobPermit> {
    return askFor(index, () =>
      this.#adaptive === undefined ? workers.acquire({ signal }) : this.#adaptive.reserve(signal),
    );
  }

  #rateNow(): RateLimiter | undefined {
    if (this.#rate === undefined && this.#shared !== undefined) {
      // Another call that shares the workers may have been refused.
      const pool = refusalPoolOf(this.#shared);
      if (pool !== undefined) this.#setRate(pool);
    }
    return this.#rate;
  }

  #setRate(rate: RateLimiter): void {
    this.#rate = rate;
    const { progress, manager, fail } = this.#options;
    this.#pause = new JobPause(progress, manager, fail);
    rate.watchRefusals(this.#onRefusal);
  }

  readonly #onRefusal: PauseListener = (nextTry) => {
    this.#pause?.changed(nextTry);
    const givenUp = nextTry !== undefined && this.#waiting && this.#options.givenUp(this.refusal);
    if (givenUp) this.#waiting?.abort(givenUp);
  };
}

/** @throws TypeError or RangeError if the caller's function returns no count */
function chargeOf<I>(name: string, charge: ((input: I) => number) | undefined, input: I): number | undefined {
  const count = charge?.(input);
  if (charge !== undefined) checkCount(`the result of ${name}`, count, 0);
  return count;
}
