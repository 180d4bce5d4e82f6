import { askingAs } from "./watched-semaphore.ts";
import type { AdaptiveLimiter } from "./adaptive-limiter.ts";
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

  /** @throws the signal's reason; the reason for which one of them was closed */
  async enter(index: number, signal: AbortSignal): Promise<JobPermit> {
    const permit = (await askingAs(`job ${index}`, () => this.#workers?.acquire({ signal }))) ?? free;
    try {
      await this.#rate?.acquire({ signal });
    } catch (error) {
      permit.release();
      throw error;
    }
    return permit;
  }

  /** A service asks all who call it to wait. */
  pause(milliseconds: number): void {
    this.#rate?.pauseUntil(Date.now() + milliseconds);
  }
}

const free: JobPermit = { release() {} };
