import { AsyncLocalStorage } from "node:async_hooks";
import { internally } from "../support/attribution.ts";
import type { JobSink } from "./job-sink.ts";
import { empty, OrderedBuffer, type ResultBuffer } from "./result-buffer.ts";
import { keepAlive } from "../support/keep-alive.ts";

/** The part of a run that a stream uses. */
interface StreamedRun {
  readonly started: number;
  /** Returns what has ended the inputs, if that has not stopped the run. */
  run(): Promise<{ readonly error: unknown } | undefined>;
  resume(): void;
  abort(reason: unknown): void;
}

/** Creates the run whose results a stream yields. */
export type OpenRun<T> = (sink: JobSink<T, unknown>) => Promise<StreamedRun>;

/**
 * The results of a run, one by one, as an async generator: nothing starts before the first result is requested,
 * and leaving early aborts and awaits the running jobs. Written by hand, because a generator takes twice the time.
 */
export class JobStream<T, R> implements AsyncGenerator<R, void, undefined>, JobSink<T, unknown> {
  private static readonly kept: void = /* @__PURE__ */ keepAlive(
    /* @__PURE__ */ new this(() => Promise.reject(), /* @__PURE__ */ new OrderedBuffer(1), 1, 1),
  );

  readonly #buffer: ResultBuffer<T, R>;
  readonly #open: OpenRun<T>;
  /** How many jobs may have started whose results are not taken. */
  readonly #capacity: number;
  /** Once the buffer was full, more jobs start when no more than this many results are outstanding. */
  readonly #refillAt: number;
  /** Jobs run in the async context in which the stream was created, whichever code requests the next result. */
  readonly #inContext: <V>(body: () => V) => V = AsyncLocalStorage.snapshot();
  readonly #requests: PromiseWithResolvers<IteratorResult<R, void>>[] = [];
  #run: StreamedRun | undefined;
  #over: Promise<void> | undefined;
  #ended = false;
  #isLeft = false;
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
    if (this.#requests.length === 0) {
      const value = this.#buffer.take();
      if (value !== empty) {
        this.#taken++;
        if (this.#waitsForRoom && this.#outstanding <= this.#refillAt) this.#refill();
        return Promise.resolve({ done: false, value });
      }
      if (this.#ended) return this.#last();
    }
    const request = internally(() => Promise.withResolvers<IteratorResult<R, void>>());
    this.#requests.push(request);
    this.#over ??= this.#inContext(() => this.#start());
    return request.promise;
  }

  /** The consumer leaves: the running jobs are aborted and awaited, and their results are dropped. */
  async return(): Promise<IteratorResult<R, void>> {
    this.#isLeft = true;
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
    if (this.#requests.length > 0) this.#respond();
  }

  failed(): boolean {
    return true;
  }

  hasRoom(): boolean {
    this.#waitsForRoom = this.#outstanding >= this.#capacity;
    return !this.#waitsForRoom;
  }

  /** How many jobs have started whose results are not taken. */
  get #outstanding(): number {
    return this.#run!.started - this.#taken;
  }

  #refill(): void {
    this.#waitsForRoom = false;
    this.#inContext(() => this.#run?.resume());
  }

  async #start(): Promise<void> {
    try {
      this.#run = await this.#open(this);
      if (this.#isLeft) this.#run.abort(leftEarly());
      this.#failure = await this.#run.run();
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#ended = true;
      this.#respond();
      for (const request of this.#requests.splice(0)) request.resolve(this.#last());
    }
  }

  #respond(): void {
    while (this.#requests.length > 0) {
      const value = this.#buffer.take();
      if (value === empty) return;
      this.#taken++;
      this.#requests.shift()!.resolve({ done: false, value });
    }
  }

  /** After the last result: the failure, once; then the end. */
  #last(): Promise<IteratorResult<R, void>> {
    const failure = this.#isLeft ? undefined : this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure.error) : Promise.resolve({ done: true, value: undefined });
  }
}

function leftEarly(): DOMException {
  return new DOMException("the consumer left the stream of results early", "AbortError");
}
