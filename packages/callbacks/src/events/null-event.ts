import type { EventType } from "../contract/event-type.ts";
import type { Frame } from "../traces/frame.ts";
import { sharedState } from "../traces/shared-state.ts";
import type { ManagedEvent } from "./managed-event.ts";

/** The event when no handler listens: it has a type, and records nothing. */
export class NullEvent<T extends EventType = EventType> implements ManagedEvent<T> {
  readonly type: T;
  readonly #unsampled: Frame | undefined;

  /** @param unsampled the trace that starts with this event, if it is not sampled: what runs inside is not either */
  constructor(type: T, unsampled?: Frame) {
    this.type = type;
    this.#unsampled = unsampled;
  }

  get id(): undefined {
    return undefined;
  }

  get recorded(): boolean {
    return false;
  }

  get ended(): boolean {
    return false;
  }

  set(): void {}

  chunk(): void {}

  onEnd(): void {}

  fail(): void {}

  [Symbol.dispose](): void {}

  run<R>(body: () => R): R {
    return this.#enter(body);
  }

  child<U extends EventType>(type: U): NullEvent<U> {
    return new NullEvent(type, this.#unsampled);
  }

  checkStart(): this {
    return this;
  }

  ready(): undefined {
    return undefined;
  }

  async passChunk<C>(chunk: C): Promise<C> {
    return chunk;
  }

  runBody<R>(body: (event: this) => R | PromiseLike<R>): Promise<R> {
    try {
      return Promise.resolve(this.#enter(body));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #enter<R>(body: (event: this) => R): R {
    return this.#unsampled === undefined ? body(this) : sharedState.frames.run(this.#unsampled, body, this);
  }
}
