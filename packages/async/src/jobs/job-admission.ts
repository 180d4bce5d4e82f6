import { askingAs } from "../inspect/watched-semaphore.ts";
import { AdaptiveLimiter } from "../limits/adaptive-limiter.ts";
import type { Context } from "./job-context.ts";
import type { RateLimiter } from "../limits/rate-limiter.ts";
import type { PauseListener, Refusal } from "../refusals/refusal-gate.ts";
import { makeRefusalPool, refusalPoolOf } from "./refusal-pool.ts";
import type { Semaphore } from "../limits/semaphore.ts";

/** What lets one job in. It is given back once, by whatever is called first. */
export interface JobPermit {
  release(): void;
  /** Where that matters: tells that the job starts now. */
  begin?(): void;
  /** Where that matters: gives it back, and tells how the job went. */
  succeed?(): void;
  fail?(error: unknown): void;
  /** Where somebody wants to know who has it: runs the job. */
  run?<R>(job: () => R): R;
}

/** What jobs have to pass that others share, or that a service asks for. */
export interface AdmissionOptions {
  readonly workers: Semaphore | AdaptiveLimiter | undefined;
  readonly rate: RateLimiter | undefined;
  /** How many tokens of the rate an input takes. */
  readonly tokens: ((input: never) => number) | undefined;
  readonly onPause: PauseListener;
}

/** A limit of how many jobs run at once, a rate, a service that refuses: each job has to pass what there is of them. */
export class JobAdmission {
  readonly #workers: Semaphore | AdaptiveLimiter | undefined;
  readonly #adaptive: AdaptiveLimiter | undefined;
  readonly #tokens: ((input: unknown) => number) | undefined;
  readonly #onPause: PauseListener;
  #rate: RateLimiter | undefined;
  #asking: Context | undefined;
  /** Ends the wait of the job that asks. */
  #wait: AbortController | undefined;

  constructor({ workers, rate, tokens, onPause }: AdmissionOptions) {
    this.#workers = workers;
    if (workers instanceof AdaptiveLimiter) this.#adaptive = workers;
    this.#tokens = tokens as ((input: unknown) => number) | undefined;
    this.#onPause = onPause;
    if (rate !== undefined) this.#setRate(rate);
  }

  /**
   * `undefined` where the job has to wait.
   *
   * @throws what the count of tokens throws; RangeError for more than there ever are
   */
  tryEnter(job: Context, input: unknown): JobPermit | undefined {
    const permit = this.#workers === undefined ? free : this.#tryPermit(this.#workers, job);
    if (permit === undefined) return undefined;
    const rate = this.#rateNow();
    try {
      if (rate !== undefined) job.lease = rate.tryAcquire(this.#tokens && { tokens: this.#tokens(input) });
    } catch (error) {
      permit.release();
      throw error;
    }
    if (rate !== undefined && job.lease === undefined) {
      permit.release();
      return undefined;
    }
    permit.begin?.();
    return permit;
  }

  /** The job that waits to be let in. */
  get asking(): Context | undefined {
    return this.#asking;
  }

  /**
   * Lets in one job at a time.
   *
   * @throws the reason of `cancel`; the reason for which what is shared was closed
   */
  async enter(job: Context, input: unknown): Promise<JobPermit> {
    const { signal } = (this.#wait = new AbortController());
    this.#asking = job;
    let permit: JobPermit = free;
    try {
      if (this.#workers !== undefined) permit = await this.#permit(this.#workers, job, signal);
      job.lease = await this.#rateNow()?.acquire({ tokens: this.#tokens?.(input), signal });
      permit.begin?.();
      return permit;
    } catch (error) {
      permit.release();
      throw error;
    } finally {
      this.#asking = undefined;
      this.#wait = undefined;
    }
  }

  /** The job that asks does not want to be let in any more. */
  cancel(reason: unknown): void {
    this.#wait?.abort(reason);
  }

  /** A service asks all who call it to wait, for another reason than that it refuses. */
  pause(milliseconds: number): void {
    this.#rate?.pauseUntil(Date.now() + milliseconds);
  }

  /** A job was refused: from now on, all wait until the service takes one again. */
  refused(job: Context, refusal: Refusal): void {
    if (this.#rate === undefined) this.#setRate(makeRefusalPool(this.#workers));
    if (job.lease === undefined) this.#rate!.refused(refusal);
    else job.lease.refused(refusal);
  }

  /** For how long the service has refused, and until when nothing is sent to it; both 0 where it takes requests. */
  get refusal(): { readonly refusedFor: number; readonly pausedFor: number } {
    return this.#rate?.refusal ?? notRefused;
  }

  /** For how long nothing starts, in milliseconds. */
  get pausedFor(): number {
    return this.#rate?.state.pausedFor ?? 0;
  }

  /** No more jobs come. */
  leave(): void {
    this.#rate?.unwatchRefusals(this.#onPause);
  }

  #tryPermit(workers: Semaphore | AdaptiveLimiter, { index }: Context): JobPermit | undefined {
    return askingAs(`job ${index}`, () =>
      this.#adaptive === undefined ? workers.tryAcquire() : this.#adaptive.tryReserve(),
    );
  }

  #permit(workers: Semaphore | AdaptiveLimiter, { index }: Context, signal: AbortSignal): Promise<JobPermit> {
    return askingAs(`job ${index}`, () =>
      this.#adaptive === undefined ? workers.acquire({ signal }) : this.#adaptive.reserve(signal),
    );
  }

  #rateNow(): RateLimiter | undefined {
    if (this.#rate === undefined && this.#workers !== undefined) {
      // Another call that shares the workers may have been refused.
      const pool = refusalPoolOf(this.#workers);
      if (pool !== undefined) this.#setRate(pool);
    }
    return this.#rate;
  }

  #setRate(rate: RateLimiter): void {
    this.#rate = rate;
    rate.watchRefusals(this.#onPause);
  }
}

const free: JobPermit = { release() {} };
const notRefused = { refusedFor: 0, pausedFor: 0 };
