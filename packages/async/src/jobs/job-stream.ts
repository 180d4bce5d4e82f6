import { AsyncLocalStorage } from "node:async_hooks";
import { internally } from "../support/attribution.ts";
import type { JobSink } from "./job-sink.ts";
import { empty, OrderedBuffer, type ResultBuffer } from "./result-buffer.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** What a stream needs of the run behind it. */
interface StreamedRun {
  readonly started: number;
  run(): Promise<void>;
  resume(): void;
  abort(reason: unknown): void;
}

/** Makes the run whose results a stream gives. */
export type OpenRun<T> = (sink: JobSink<T>) => Promise<StreamedRun>;

/**
 * The results of a run one by one, as an async generator gives them: nothing starts before the first is asked
 * for, and leaving early aborts what runs and awaits it. Written by hand, as a generator takes twice the time.
 */
export class JobStream<T, R> implements AsyncGenerator<R, void, undefined>, JobSink<T> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(() => Promise.reject(), /* @__PURE__ */ new OrderedBuffer(1), 1, 1),
  );

  readonly #buffer: ResultBuffer<T, R>;
  readonly #open: OpenRun<T>;
  /** How many jobs may be started and not taken. */
  readonly #capacity: number;
  /** Where there was no room: how few of them there must be before more are started. */
  readonly #refillAt: number;
  /** Jobs run in the async context of the stream's maker, whoever asks for the next result. */
  readonly #inContext: <V>(body: () => V) => V = AsyncLocalStorage.snapshot();
  readonly #askers: PromiseWithResolvers<IteratorResult<R, void>>[] = [];
  #run: StreamedRun | undefined;
  #over: Promise<void> | undefined;
  #ended = false;
  #left = false;
  #waitsForRoom = false;
  #taken = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(open: OpenRun<T>, buffer: ResultBuffer<T, R>, workers: number, buffered: number) {
    this.#open = open;
    this.#buffer = buffer;
    this.#capacity = workers + buffered;
    this.#refillAt = this.#capacity - Math.max(1, buffered >> 1);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, void>> {
    if (this.#askers.length === 0) {
      const value = this.#buffer.take();
      if (value !== empty) {
        this.#taken++;
        if (this.#waitsForRoom && this.#underWay <= this.#refillAt) this.#refill();
        return Promise.resolve({ done: false, value });
      }
      if (this.#ended) return this.#last();
    }
    const asker = internally(() => Promise.withResolvers<IteratorResult<R, void>>());
    this.#askers.push(asker);
    this.#over ??= this.#inContext(() => this.#start());
    return asker.promise;
  }

  /** The consumer leaves: what runs is aborted and awaited, and what came of it is dropped. */
  async return(): Promise<IteratorResult<R, void>> {
    this.#left = true;
    this.#run?.abort(leftEarly());
    await this.#over;
    this.#ended = true;
    this.#failure = undefined;
    while (this.#buffer.take() !== empty);
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<R, void>> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  succeeded(index: number, value: T): void {
    this.#buffer.put(index, value);
    if (this.#askers.length > 0) this.#answer();
  }

  failed(): boolean {
    return true;
  }

  hasRoom(): boolean {
    this.#waitsForRoom = this.#underWay >= this.#capacity;
    return !this.#waitsForRoom;
  }

  /** Jobs that are started and not taken. */
  get #underWay(): number {
    return this.#run!.started - this.#taken;
  }

  #refill(): void {
    this.#waitsForRoom = false;
    this.#inContext(() => this.#run?.resume());
  }

  async #start(): Promise<void> {
    try {
      this.#run = await this.#open(this);
      if (this.#left) this.#run.abort(leftEarly());
      await this.#run.run();
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#ended = true;
      this.#answer();
      for (const asker of this.#askers.splice(0)) asker.resolve(this.#last());
    }
  }

  #answer(): void {
    while (this.#askers.length > 0) {
      const value = this.#buffer.take();
      if (value === empty) return;
      this.#taken++;
      this.#askers.shift()!.resolve({ done: false, value });
    }
  }

  /** What there is after the last result: the failure, once; then nothing. */
  #last(): Promise<IteratorResult<R, void>> {
    const failure = this.#left ? undefined : this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure.error) : Promise.resolve({ done: true, value: undefined });
  }
}

function leftEarly(): DOMException {
  return new DOMException("the stream of results was left early", "AbortError");
}
