interface Abandoned {
  /** Ends it as `"aborted"`: it leaves the list. */
  abandon(): void;
}

/** The place of an open event among the others. */
export interface OpenPlace {
  readonly event: Abandoned;
  before: OpenPlace | undefined;
  after: OpenPlace | undefined;
}

/** The open events of a manager, in the order in which they started. A list, as a set costs each event a hash. */
export class OpenEvents {
  size = 0;
  #last: OpenPlace | undefined;

  add(event: Abandoned): OpenPlace {
    const place = { event, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = place;
    this.#last = place;
    this.size++;
    return place;
  }

  delete({ before, after }: OpenPlace): void {
    if (before) before.after = after;
    if (after) after.before = before;
    else this.#last = before;
    this.size--;
  }

  /** Ends all, the innermost first, as they would have ended. */
  abandonAll(): void {
    while (this.#last) this.#last.event.abandon();
  }
}
