import { type Job, type JobContext, streamJobs } from "@llx/async";
import { halve, type PlannedBatch, type SizedTexts } from "../plan/batch-plan.ts";
import type { Bisection } from "./bisection.ts";
import type { RequestOptions } from "../request/model-parts.ts";
import { sizedJob } from "../request/sized-job.ts";

/** What is to be sent, and what is told of it. */
export interface SettledRequests {
  readonly planned: readonly PlannedBatch[];
  /** Parts of a request that has failed before. */
  readonly parts?: readonly PlannedBatch[];
  /** The texts of all places. */
  readonly texts: SizedTexts;
  readonly bisection: Bisection;
  /** How many tokens of the rate limit a request takes. */
  readonly tokensFor: (batch: PlannedBatch) => number;
  send(batch: PlannedBatch, context: JobContext): Promise<void>;
  /** A request has failed for good; its halves may still succeed. */
  failed(batch: PlannedBatch, error: unknown): void;
}

/**
 * Sends requests, whichever of them fail, and the halves of those that may have failed for one text.
 *
 * @throws what stops the call; never the failure of a request
 */
export async function sendSettled(requests: SettledRequests, options: RequestOptions): Promise<void> {
  const { planned, texts, bisection } = requests;
  const queue = new RequestQueue(requests);
  const outcomes = streamJobs(queue, { ...options, total: planned.length, ordered: false, settle: true });
  for await (const { index, value: outcome } of outcomes) {
    const { batch, isPart } = queue.settled(index);
    if (outcome.status === "fulfilled") {
      bisection.answered();
    } else {
      if (isPart) bisection.partFailed();
      requests.failed(batch, outcome.reason);
      if (bisection.helps(batch, outcome.reason)) queue.add(halve(batch, texts));
    }
    queue.goOn();
  }
}

interface Sent {
  readonly batch: PlannedBatch;
  readonly isPart: boolean;
}

/**
 * The requests of a call as jobs: those that were planned, then parts of failed ones. Of these the last added goes
 * first, so that a single text is soon reached.
 */
class RequestQueue implements AsyncIterable<Job<void>> {
  readonly #send: SettledRequests["send"];
  readonly #tokensFor: SettledRequests["tokensFor"];
  readonly #bisection: Bisection;
  readonly #planned: readonly PlannedBatch[];
  readonly #parts: PlannedBatch[];
  readonly #underWay = new Map<number, Sent>();
  #index = 0;
  #partsUnderWay = 0;
  #isClosed = false;
  /** Whoever waits for the next job. */
  #asker: ((result: IteratorResult<Job<void>, undefined>) => void) | undefined;

  constructor({ planned, parts = [], bisection, tokensFor, send }: SettledRequests) {
    this.#planned = planned;
    this.#parts = [...parts];
    this.#bisection = bisection;
    this.#tokensFor = tokensFor;
    this.#send = send;
  }

  /** By hand: a generator that waits cannot be closed. */
  [Symbol.asyncIterator](): AsyncIterator<Job<void>, undefined> {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#asker = resolve;
          this.goOn();
        }),
      return: async () => {
        this.#isClosed = true;
        this.goOn();
        return { done: true, value: undefined };
      },
    };
  }

  /** Which request the job with this index has sent. */
  settled(index: number): Sent {
    const sent = this.#underWay.get(index)!;
    this.#underWay.delete(index);
    if (sent.isPart) this.#partsUnderWay--;
    return sent;
  }

  add(parts: readonly PlannedBatch[]): void {
    this.#parts.push(...parts.toReversed());
  }

  /** Gives out the next job, if there is one and somebody waits for it. */
  goOn(): void {
    if (this.#asker === undefined) return;
    const next = this.#isClosed ? undefined : this.#next();
    if (next === undefined && !this.#isClosed && this.#underWay.size > 0) return;
    const asker = this.#asker;
    this.#asker = undefined;
    if (next === undefined) return asker({ done: true, value: undefined });
    this.#underWay.set(this.#index++, next);
    const { batch } = next;
    const job = sizedJob(this.#tokensFor(batch), (context) => this.#send(batch, context));
    asker({ done: false, value: job });
  }

  #next(): Sent | undefined {
    const planned = this.#planned[this.#index];
    if (planned !== undefined) return { batch: planned, isPart: false };
    if (this.#bisection.isOver || this.#partsUnderWay >= this.#bisection.lanes) return undefined;
    const part = this.#parts.pop();
    if (part === undefined) return undefined;
    this.#partsUnderWay++;
    return { batch: part, isPart: true };
  }
}
