/** Something open that ends when its manager closes. */
export interface Abandonable {
  readonly id: string;
  /** Ends it; an event ends as `"aborted"`, and leaves the list. */
  abandon(): void;
}

/** An open event in the linked list. */
export interface OpenEntry {
  readonly event: Abandonable;
  before: OpenEntry | undefined;
  after: OpenEntry | undefined;
}

/** The open events of a manager, in the order in which they started. A linked list: a set would hash each event. */
export class OpenEvents {
  size = 0;
  #last: OpenEntry | undefined;

  add(event: Abandonable): OpenEntry {
    const entry = { event, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = entry;
    this.#last = entry;
    this.size++;
    return entry;
  }

  delete({ before, after }: OpenEntry): void {
    if (before) before.after = after;
    if (after) after.before = before;
    else this.#last = before;
    this.size--;
  }

  find(id: string): Abandonable | undefined {
    let entry = this.#last;
    while (entry && entry.event.id !== id) entry = entry.before;
    return entry?.event;
  }

  /** Ends all, last started first. */
  abandonAll(): void {
    while (this.#last) this.#last.event.abandon();
  }
}
