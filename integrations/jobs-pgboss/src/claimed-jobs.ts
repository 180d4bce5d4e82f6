import type { Claim, Claims } from "./claims.ts";
import { HeldJob } from "./held-job.ts";
import { WaitingJobs } from "./waiting-jobs.ts";
import type { Wake } from "./wake.ts";

export interface ClaimOptions {
  /** How many jobs run at once: the size of the first batch, and the smallest. */
  readonly workers: number;
  /** How many of them are free now. */
  free(): number;
  readonly pollInterval: number;
  /** Wakes when jobs have arrived. */
  readonly arrivals: Wake;
  warn(error: unknown): void;
}

/** The maximum number of jobs that one query claims. */
const maxBatch = 512;
/** A batch that lasts less than this, in milliseconds, was small; one that lasts four times as long was large. */
const shortBatch = 250;
/** Where tenants take turns, a batch is at most this many times as large as there are workers: a tenant that arrives waits for it. */
const tenantBatch = 8;
/** Milliseconds before the next claim after one that failed. */
export const pauseAfterFailure = 1_000;

/**
 * The jobs of one kind that this process has claimed. Where jobs are short, they are claimed ahead, many at once; where
 * they are long, only as many as are about to run. Jobs that are claimed ahead still yield to more urgent ones.
 */
export class ClaimedJobs {
  readonly #claims: Claims;
  readonly #options: ClaimOptions;
  /** Claimed and not settled. */
  readonly #held = new Map<string, HeldJob>();
  /** Those of them that have not started. */
  readonly #waiting: WaitingJobs;
  /** How many of those are reserved to start: which ones is decided at the start. */
  #reserved = 0;
  /** One claim at a time: two claims would skip each other's locked rows. */
  #claiming: Promise<void> | undefined;
  /** At the last claim, no job of a higher priority was left, */
  #ceiling = Number.NEGATIVE_INFINITY;
  /** jobs had arrived this many times, */
  #arrivals = 0;
  /** and until this time it counts as up to date. */
  #freshUntil = Number.NEGATIVE_INFINITY;
  #batch: number;
  /** When the last full batch was claimed. */
  #claimedAt = Number.NEGATIVE_INFINITY;
  /** Whether the last claim got fewer than it asked for. */
  #gotFewer = false;

  constructor(claims: Claims, options: ClaimOptions) {
    this.#claims = claims;
    this.#options = options;
    this.#batch = options.workers;
    this.#waiting = new WaitingJobs(claims.hasTenants);
  }

  /** Waits for a job to start and reserves it. `false` where the signal is aborted first. */
  async reserve(signal: AbortSignal): Promise<boolean> {
    const { arrivals } = this.#options;
    while (!signal.aborted) {
      const isThere = this.#waiting.length > this.#reserved;
      const mayBeMore = this.#isLow && this.#mayBeAbove(Number.NEGATIVE_INFINITY);
      const claiming = mayBeMore ? this.#claim() : undefined;
      if (isThere) {
        this.#reserved++;
        return true;
      }
      // oxlint-disable-next-line no-await-in-loop -- there is nothing to do
      await (claiming ?? arrivals.sleep(this.#freshUntil - performance.now(), signal, this.#arrivals));
    }
    return false;
  }

  /** Whether a job may be waiting in the database that is more urgent than the next one here. */
  get mayBeOvertaken(): boolean {
    // Tenants take turns at each claim, and these are small; one more than can run would take the place of others.
    if (this.#claims.hasTenants || this.#claims.limited) return false;
    const first = this.#waiting.mostUrgent;
    return first !== undefined && this.#mayBeAbove(first.claim.priority);
  }

  /** Claims what is more urgent than the next one here, if there is any. */
  async claimMoreUrgent(signal: AbortSignal): Promise<void> {
    // The claim in progress may have queried before the last jobs arrived.
    await this.#claiming;
    if (this.mayBeOvertaken && !signal.aborted) await this.#claim();
  }

  /** The next job, for a reservation; `undefined` where it has been handed back meanwhile. */
  next(): HeldJob | undefined {
    this.#reserved--;
    return this.#waiting.next();
  }

  /** Gives up a reservation. */
  cancel(): void {
    this.#reserved--;
  }

  /** Hands back all that have not started. */
  async handBackWaiting(): Promise<void> {
    await this.#claiming;
    await this.handBack(this.#waiting.clear());
  }

  /** Hands back those that are still waiting at their second heartbeat: others may be free for them. */
  async handBackLate(): Promise<void> {
    const late = this.#waiting.allBut(this.#reserved).filter((job) => ++job.heartbeats > 1);
    if (late.length === 0) return;
    this.#batch = this.#options.workers;
    for (const job of late) this.#waiting.remove(job);
    await this.handBack(late);
  }

  async handBack(jobs: readonly HeldJob[]): Promise<void> {
    if (jobs.length === 0) return;
    for (const { claim } of jobs) this.#held.delete(claim.id);
    try {
      await this.#claims.handBack(jobs.map(({ claim }) => claim));
      this.#options.arrivals.wake();
    } catch (error) {
      // They are requeued when their heartbeat has stopped.
      this.#options.warn(error);
    }
  }

  /**
   * Stores the progress and the heartbeat of all that are held. Returns those that turn out to have been requeued, and
   * lets go of them.
   */
  async heartbeat(): Promise<readonly HeldJob[]> {
    const held = [...this.#held.values()].filter(({ settling }) => !settling);
    if (held.length === 0) return [];
    const changed = held.filter(({ latestProgress }) => latestProgress !== undefined);
    if (changed.length > 0) {
      await this.#claims.storeProgress(
        changed.map(({ claim, latestProgress }) => ({ claim, output: `{"progress":${latestProgress}}` })),
      );
      for (const each of changed) each.latestProgress = undefined;
    }
    const alive = new Set(await this.#claims.renew(held.map(({ claim }) => claim)));
    const lost = held.filter(
      ({ claim, settling }) => !alive.has(claim.id) && !settling && this.#held.has(claim.id),
    );
    for (const job of lost) {
      this.#held.delete(job.id);
      this.#waiting.remove(job);
    }
    return lost;
  }

  /** Lets go of a job that is settled. */
  settled({ id }: Claim): void {
    this.#held.delete(id);
  }

  /** Called after outcomes were stored: where the database limits how many run, others may start now. */
  stored(): void {
    if (this.#claims.limited && this.#gotFewer) this.#options.arrivals.wake();
  }

  /** Whether so few are left that more may be claimed. */
  get #isLow(): boolean {
    // What is claimed ahead would take the place of jobs that other processes could run.
    if (this.#claims.limited) return this.#waiting.length <= this.#reserved;
    return this.#waiting.length <= Math.max(this.#reserved, this.#batch >> 1);
  }

  /** Whether there may be a job of a higher priority that is not claimed. */
  #mayBeAbove(priority: number): boolean {
    return (
      priority < this.#ceiling ||
      this.#arrivals !== this.#options.arrivals.count ||
      performance.now() >= this.#freshUntil
    );
  }

  /** Claims more where few are left, otherwise only what is more urgent than a job that is claimed already. */
  #claim(): Promise<void> {
    return (this.#claiming ??= this.#claimNow().finally(() => (this.#claiming = undefined)));
  }

  async #claimNow(): Promise<void> {
    const { arrivals, pollInterval, warn } = this.#options;
    const { count } = arrivals;
    const above = this.#isLow ? undefined : this.#waiting.leastUrgent!.claim.priority;
    if (above === undefined) this.#adjustBatch();
    const batch = this.#batch;
    try {
      const claims = await this.#claims.take(batch, above);
      const jobs = claims.map((claim) => new HeldJob(claim));
      for (const job of jobs) this.#held.set(job.id, job);
      this.#waiting.add(jobs);
      this.#gotFewer = claims.length < batch;
      this.#ceiling = claims[batch - 1]?.priority ?? above ?? Number.NEGATIVE_INFINITY;
      // At least one millisecond between two queries, whatever the interval.
      this.#freshUntil = performance.now() + Math.max(1, pollInterval);
      // How long a batch lasts is not known from a queue that is nearly empty.
      if (above === undefined)
        this.#claimedAt = claims.length === batch ? performance.now() : Number.NEGATIVE_INFINITY;
    } catch (error) {
      // Jobs that are already claimed can still run.
      warn(error);
      this.#ceiling = Number.NEGATIVE_INFINITY;
      this.#freshUntil = performance.now() + pauseAfterFailure;
    }
    this.#arrivals = count;
  }

  #adjustBatch(): void {
    const { workers, free } = this.#options;
    if (this.#claims.limited) {
      this.#batch = Math.max(1, free() - this.#waiting.length);
      return;
    }
    const most = this.#claims.hasTenants ? Math.min(maxBatch, tenantBatch * workers) : maxBatch;
    const lasted = performance.now() - this.#claimedAt;
    if (lasted < shortBatch) this.#batch = Math.min(most, this.#batch * 4);
    else if (lasted > 4 * shortBatch) this.#batch = workers;
  }
}
