import { askingAs } from "./watched-semaphore.ts";
import type { AdaptiveLimiter } from "./adaptive-limiter.ts";
import type { Context } from "./job-context.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { Semaphore } from "./semaphore.ts";

/** What lets one job in. It is given back once, by whatever is called first. */
export interface JobPermit {
  release(): void;
  /** Where that matters: gives it back, and tells how the job went. */
  succeed?(): void;
  fail?(error: unknown): void;
  /** Where somebody wants to know who has it: runs the job. */
  run?<R>(job: () => R): R;
}

/** What several calls share, and each job has to pass: a limit of how many run at once, a rate, or both. */
export class JobAdmission {
  readonly #workers: Semaphore | AdaptiveLimiter | undefined;
  readonly #rate: RateLimiter | undefined;
  #asking: Context | undefined;
  /** Ends the wait of the job that asks. */
  #wait: AbortController | undefined;

  constructor(workers: Semaphore | AdaptiveLimiter | undefined, rate: RateLimiter | undefined) {
    this.#workers = workers;
    this.#rate = rate;
  }

  /** `undefined` where the job has to wait. */
  tryEnter(index: number): JobPermit | undefined {
    const permit =
      this.#workers === undefined ? free : askingAs(`job ${index}`, () => this.#workers?.tryAcquire());
    if (permit === undefined || this.#rate === undefined || this.#rate.tryAcquire()) return permit;
    permit.release();
    return undefined;
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
  async enter(job: Context): Promise<JobPermit> {
    const { signal } = (this.#wait = new AbortController());
    this.#asking = job;
    let permit: JobPermit = free;
    try {
      permit = (await askingAs(`job ${job.index}`, () => this.#workers?.acquire({ signal }))) ?? free;
      await this.#rate?.acquire({ signal });
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

  /** A service asks all who call it to wait. */
  pause(milliseconds: number): void {
    this.#rate?.pauseUntil(Date.now() + milliseconds);
  }
}

const free: JobPermit = { release() {} };
