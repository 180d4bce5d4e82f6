import type { JobContext } from "@llx/async";
import type { Claim } from "./claims.ts";
import type { JobHandlerContext } from "./define-job.ts";
import { toJson } from "./json.ts";

/** Bytes. */
const maxProgress = 10_000;

/** A job that this process has claimed and not settled. It is also the context of its handler. */
export class HeldJob implements JobHandlerContext {
  readonly claim: Claim;
  /** How many heartbeats have found it waiting for a worker. */
  heartbeats = 0;
  /** Whether its outcome is about to be stored. */
  settling = false;
  /** The context of `streamJobs`, once it runs. */
  context: JobContext | undefined;
  /** What the handler has reported since the last heartbeat, as JSON. */
  latestProgress: string | undefined;
  /** Why this process no longer holds it. Its outcome is dropped. */
  #released: DOMException | undefined;
  #abort: AbortController | undefined;
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

  /** A separate function, as handlers destructure their context. */
  get progress(): (value: unknown) => void {
    return (value) => {
      this.latestProgress = toJson(value, () => `the progress of job ${this.id}`, maxProgress);
    };
  }

  /** Created when it is first read: most handlers never use it. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal());
  }

  get isReleased(): boolean {
    return this.#released !== undefined;
  }

  release(reason: DOMException): void {
    this.#released = reason;
    this.#abort?.abort(reason);
  }

  #makeSignal(): AbortSignal {
    if (this.#released !== undefined) return AbortSignal.abort(this.#released);
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    return this.context === undefined ? signal : AbortSignal.any([this.context.signal, signal]);
  }
}
