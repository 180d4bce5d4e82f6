import type { JobContext } from "@llx/async";
import type { Claim } from "./claims.ts";
import type { JobHandlerContext } from "./define-job.ts";
import { toJson } from "./json.ts";

/** Bytes. */
const longestProgress = 10_000;

/** A job that this process has claimed and not settled; also what its handler is told of it. */
export class HeldJob implements JobHandlerContext {
  readonly claim: Claim;
  /** How many heartbeats have found it waiting for a worker. */
  beats = 0;
  /** Whether its outcome is on the way into the database. */
  settling = false;
  /** What `streamJobs` tells of it, once it runs. */
  context: JobContext | undefined;
  /** What the handler has said of its progress since the last heartbeat, as JSON. */
  news: string | undefined;
  /** Why it is others' now, and what comes of it is dropped. */
  #left: DOMException | undefined;
  #gone: AbortController | undefined;
  #signal: AbortSignal | undefined;

  constructor(claim: Claim) {
    this.claim = claim;
  }

  get id(): string {
    return this.claim.id;
  }

  get key(): string | undefined {
    return this.claim.job[1] ?? undefined;
  }

  get attempt(): number {
    return this.claim.retryCount + 1;
  }

  /** A function of its own, as handlers take their context apart. */
  get progress(): (value: unknown) => void {
    return (value) => {
      this.news = toJson(value, () => `the progress of job ${this.id}`, longestProgress);
    };
  }

  /** Made when it is first read: most handlers never look at it. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal());
  }

  get left(): boolean {
    return this.#left !== undefined;
  }

  leave(reason: DOMException): void {
    this.#left = reason;
    this.#gone?.abort(reason);
  }

  #makeSignal(): AbortSignal {
    if (this.#left !== undefined) return AbortSignal.abort(this.#left);
    this.#gone = new AbortController();
    const { signal } = this.#gone;
    return this.context === undefined ? signal : AbortSignal.any([this.context.signal, signal]);
  }
}
