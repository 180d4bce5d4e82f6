import type { AnyEventEnd } from "../contract/event.ts";

/** The latest events in the order they started, in bounded memory. An event is the same object after its end. */
export class EventLog {
  /** Events that were dropped for later ones. */
  dropped = 0;
  readonly #capacity: number;
  #events: AnyEventEnd[] = [];
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(event: AnyEventEnd): void {
    if (this.#events.length < this.#capacity) {
      this.#events.push(event);
      return;
    }
    this.#events[this.#oldest] = event;
    this.#oldest = this.#oldest + 1 === this.#capacity ? 0 : this.#oldest + 1;
    this.dropped++;
  }

  /** The kept events, oldest first. */
  events(): AnyEventEnd[] {
    return [...this.#events.slice(this.#oldest), ...this.#events.slice(0, this.#oldest)];
  }

  clear(): void {
    this.#events = [];
    this.#oldest = 0;
    this.dropped = 0;
  }
}
