import type { AnyEventEnd } from "@llx/callbacks";

/** How many open events are kept beside the latest. */
const mostOpen = 1_000;

/**
 * The latest events, in bounded memory, and the older ones that are still open: what has run since the start of a program is what
 * its events are inside of. An event is the same object after its end.
 */
export class LatestEvents {
  /** How many have been left out to make room. */
  dropped = 0;
  readonly #capacity: number;
  readonly #events: AnyEventEnd[] = [];
  #oldest = 0;
  #open: AnyEventEnd[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(event: AnyEventEnd): void {
    const events = this.#events;
    if (events.length < this.#capacity) {
      events.push(event);
      return;
    }
    const old = events[this.#oldest]!;
    events[this.#oldest] = event;
    this.#oldest = this.#oldest + 1 === this.#capacity ? 0 : this.#oldest + 1;
    if (Number.isNaN(old.duration)) this.#keepOpen(old);
    else this.dropped++;
  }

  /** In the order in which they started. */
  all(): AnyEventEnd[] {
    return [...this.#open, ...this.#events.slice(this.#oldest), ...this.#events.slice(0, this.#oldest)];
  }

  #keepOpen(event: AnyEventEnd): void {
    if (this.#open.length >= mostOpen) {
      const open = this.#open.filter(({ duration }) => Number.isNaN(duration));
      // Where none has ended, the first half makes room: outer events come first, so the latest of the rest are given up.
      const kept = open.length < mostOpen ? open : open.slice(0, mostOpen / 2);
      this.dropped += this.#open.length - kept.length;
      this.#open = kept;
    }
    this.#open.push(event);
  }
}
