import { byUrgency } from "./claims.ts";
import type { HeldJob } from "./held-job.ts";

/** How many tenants are remembered. */
const maxTenants = 10_000;

/**
 * The jobs that this process has claimed and not started, in the order in which they start: by urgency. Where there are
 * tenants, the one that was served longest ago is next, with its most urgent job.
 */
export class WaitingJobs {
  /** The most urgent first. */
  readonly #jobs: HeldJob[] = [];
  /** Where there are tenants, those that were served, the latest last. */
  readonly #served: Set<string> | undefined;

  constructor(hasTenants: boolean) {
    this.#served = hasTenants ? new Set() : undefined;
  }

  get length(): number {
    return this.#jobs.length;
  }

  get mostUrgent(): HeldJob | undefined {
    return this.#jobs[0];
  }

  get leastUrgent(): HeldJob | undefined {
    return this.#jobs.at(-1);
  }

  add(jobs: readonly HeldJob[]): void {
    this.#jobs.push(...jobs);
    this.#jobs.sort((a, b) => byUrgency(a.claim, b.claim));
  }

  /** Takes the next one out. */
  next(): HeldJob | undefined {
    const served = this.#served;
    if (served === undefined || this.#jobs.length < 2) return this.#serve(this.#jobs.shift());
    const first = new Map<string, HeldJob>();
    for (const job of this.#jobs) {
      const tenant = job.claim.tenant ?? "";
      if (!served.has(tenant)) return this.#serve(this.#take(job));
      if (!first.has(tenant)) first.set(tenant, job);
    }
    for (const tenant of served) {
      const job = first.get(tenant);
      if (job !== undefined) return this.#serve(this.#take(job));
    }
    return undefined;
  }

  remove(job: HeldJob): void {
    if (this.#jobs.includes(job)) this.#take(job);
  }

  /** All but the most urgent ones. */
  allBut(count: number): readonly HeldJob[] {
    return this.#jobs.slice(count);
  }

  /** Takes out all. */
  clear(): HeldJob[] {
    return this.#jobs.splice(0);
  }

  #take(job: HeldJob): HeldJob {
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    return job;
  }

  #serve(job: HeldJob | undefined): HeldJob | undefined {
    const served = this.#served;
    if (served === undefined || job === undefined) return job;
    const tenant = job.claim.tenant ?? "";
    served.delete(tenant);
    served.add(tenant);
    if (served.size > maxTenants) served.delete(served.values().next().value!);
    return job;
  }
}
