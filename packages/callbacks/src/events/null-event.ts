import type { EventType } from "../contract/event-type.ts";
import type { Frame } from "../traces/frame.ts";
import { sharedState } from "../traces/shared-state.ts";
import type { ManagedEvent } from "./managed-event.ts";

/** The event when no handler listens: it has a type, and records nothing. */
export class NullEvent<T extends EventType = EventType> implements ManagedEvent<T> {
  readonly type: T;
  readonly id: undefined = undefined;
  readonly recorded: boolean = false;
  readonly ended: boolean = false;
  readonly #unsampled: Frame | undefined;

  /** @param unsampled the position of this event in an unsampled trace: nothing inside it is sampled either */
  constructor(type: T, unsampled?: Frame) {
    this.type = type;
    this.#unsampled = unsampled;
  }

  set(): void {}

  chunk(): void {}

  onEnd(): void {}

  fail(): void {}

  [Symbol.dispose](): void {}

  run<R>(body: () => R): R {
    return this.#unsampled === undefined ? body() : sharedState.frames.run(this.#unsampled, body);
  }

  child<U extends EventType>(type: U): NullEvent<U> {
    return new NullEvent(type, this.#unsampled);
  }

  checkStart(): this {
    return this;
  }

  ready(): undefined {}

  async passChunk<C>(chunk: C): Promise<C> {
    return chunk;
  }

  runBody<R>(body: (event: this) => R | PromiseLike<R>): Promise<R> {
    const frame = this.#unsampled;
    const { frames } = sharedState;
    try {
      // Inside the trace already, which needs not be entered again.
      const isInside = frame === undefined || frames.getStore() === frame;
      return Promise.resolve(isInside ? body(this) : frames.run(frame, body, this));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

let latest = /* @__PURE__ */ new NullEvent<EventType>("query");

/** A null event; consecutive ones of a type are the same, so that an event without handlers allocates nothing. */
export function nullEvent<T extends EventType>(type: T): NullEvent<T> {
  if (latest.type !== type) latest = new NullEvent<EventType>(type);
  return latest as NullEvent<T>;
}
