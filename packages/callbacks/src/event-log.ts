import type { AnyEventEnd } from "./event-record.ts";

/** One thing a log holds: that an event started, or that it ended. */
export interface LogEntry {
  readonly phase: "start" | "end";
  readonly event: AnyEventEnd;
}

/** The latest starts and ends, oldest first, in bounded memory. */
export class EventLog {
  /** What was overwritten because the log was full. */
  dropped = 0;
  readonly #capacity: number;
  #events: AnyEventEnd[] = [];
  #isEnd: boolean[] = [];
  #oldest = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(event: AnyEventEnd, isEnd: boolean): void {
    if (this.#events.length < this.#capacity) {
      this.#events.push(event);
      this.#isEnd.push(isEnd);
      return;
    }
    this.#events[this.#oldest] = event;
    this.#isEnd[this.#oldest] = isEnd;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
    this.dropped++;
  }

  *entries(): Generator<LogEntry> {
    const { length } = this.#events;
    for (let offset = 0; offset < length; offset++) {
      const position = (this.#oldest + offset) % length;
      yield { phase: this.#isEnd[position] ? "end" : "start", event: this.#events[position]! };
    }
  }

  clear(): void {
    this.#events = [];
    this.#isEnd = [];
    this.#oldest = 0;
    this.dropped = 0;
  }
}
