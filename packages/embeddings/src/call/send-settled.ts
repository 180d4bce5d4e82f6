import { type Job, type JobContext, streamJobs } from "@llx/async";
import { halve, type PlannedBatch, type SizedTexts } from "../plan/batch-plan.ts";
import type { Bisection } from "./bisection.ts";
import type { RequestJobOptions } from "../request/model-parts.ts";
import { type RequestCharge, sizedJob } from "../request/sized-job.ts";

/** What to send, and who receives the outcomes. */
export interface SettledRequests {
  readonly planned: readonly PlannedBatch[];
  /** Parts of a request that has failed. */
  readonly parts?: readonly PlannedBatch[];
  /** The texts at all positions. */
  readonly texts: SizedTexts;
  readonly bisection: Bisection;
  /** What a request takes of the rate limits. */
  readonly chargeOf: (batch: PlannedBatch) => RequestCharge;
  send(batch: PlannedBatch, context: JobContext): Promise<void>;
  /** A request has failed after all its attempts; unless that is final, its halves may still succeed. */
  failed(batch: PlannedBatch, error: unknown, isFinal: boolean): void;
}

/**
 * Sends all requests, even if some fail, and the halves of those that may have failed because of one text. It yields after
 * each outcome.
 *
 * @throws what stops the call; never the error of a request
 */
export async function* sendSettled(
  requests: SettledRequests,
  options: RequestJobOptions,
): AsyncGenerator<void, void, undefined> {
  const { planned, texts, bisection } = requests;
  const queue = new RequestQueue(requests);
  const outcomes = streamJobs(queue, { ...options, total: planned.length, ordered: false, settle: true });
  for await (const { index, value: outcome } of outcomes) {
    const { batch, isPart } = queue.settled(index);
    if (outcome.status === "fulfilled") {
      bisection.succeeded();
    } else {
      if (isPart) bisection.partFailed();
      const isHalved = bisection.helps(batch, outcome.reason);
      requests.failed(batch, outcome.reason, !isHalved);
      if (isHalved) queue.add(halve(batch, texts));
    }
    queue.advance();
    yield;
  }
}

interface Sent {
  readonly batch: PlannedBatch;
  readonly isPart: boolean;
}

/**
 * The requests of a call as jobs: first the planned ones, then parts of failed ones. Of the parts, the last added goes
 * first, so that single texts are soon reached.
 */
class RequestQueue implements AsyncIterable<Job<void>> {
  readonly #send: SettledRequests["send"];
  readonly #chargeOf: SettledRequests["chargeOf"];
  readonly #bisection: Bisection;
  readonly #planned: readonly PlannedBatch[];
  readonly #parts: PlannedBatch[];
  readonly #inFlight = new Map<number, Sent>();
  #index = 0;
  #partsInFlight = 0;
  #isClosed = false;
  /** Receives the next job. */
  #consumer: ((result: IteratorResult<Job<void>, undefined>) => void) | undefined;

  constructor({ planned, parts = [], bisection, chargeOf, send }: SettledRequests) {
    this.#planned = planned;
    this.#parts = [...parts];
    this.#bisection = bisection;
    this.#chargeOf = chargeOf;
    this.#send = send;
  }

  /** Not a generator: one that is waiting cannot be closed. */
  [Symbol.asyncIterator](): AsyncIterator<Job<void>, undefined> {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#consumer = resolve;
          this.advance();
        }),
      return: async () => {
        this.#isClosed = true;
        this.advance();
        return { done: true, value: undefined };
      },
    };
  }

  /** Removes and returns the request sent by the job with this index. */
  settled(index: number): Sent {
    const sent = this.#inFlight.get(index)!;
    this.#inFlight.delete(index);
    if (sent.isPart) this.#partsInFlight--;
    return sent;
  }

  add(parts: readonly PlannedBatch[]): void {
    this.#parts.push(...parts.toReversed());
  }

  /** Hands out the next job, if there is one and a caller waits for it. */
  advance(): void {
    if (this.#consumer === undefined) return;
    const next = this.#isClosed ? undefined : this.#next();
    if (next === undefined && !this.#isClosed && this.#inFlight.size > 0) return;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (next === undefined) return consumer({ done: true, value: undefined });
    this.#inFlight.set(this.#index++, next);
    const { batch } = next;
    const job = sizedJob(this.#chargeOf(batch), (context) => this.#send(batch, context));
    consumer({ done: false, value: job });
  }

  #next(): Sent | undefined {
    const planned = this.#planned[this.#index];
    if (planned !== undefined) return { batch: planned, isPart: false };
    if (this.#bisection.isOver || this.#partsInFlight >= this.#bisection.concurrency) return undefined;
    const part = this.#parts.pop();
    if (part === undefined) return undefined;
    this.#partsInFlight++;
    return { batch: part, isPart: true };
  }
}
