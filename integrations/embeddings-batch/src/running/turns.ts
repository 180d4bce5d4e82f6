/** A round of a part that is to be sent. */
export interface Turn {
  readonly part: number;
  readonly round: number;
}

/** Which parts have a batch at the service, or one that is about to be there, and which wait for their turn. */
export class Turns {
  /** Of each, whether others were open beside it. */
  readonly #open = new Map<number, boolean>();
  /** First first. */
  readonly #waiting: Turn[] = [];
  /** Parts that may be open at once. */
  #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get open(): number {
    return this.#open.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  isOpen(part: number): boolean {
    return this.#open.has(part);
  }

  add(turn: Turn): void {
    this.#waiting.push(turn);
  }

  /** Opens a part, whether or not there is room. */
  begin(part: number): void {
    this.#open.delete(part);
    for (const each of this.#open.keys()) this.#open.set(each, true);
    this.#open.set(part, this.#open.size > 0);
  }

  /** Whether others were open beside a part at some time since it began. */
  hadOthers(part: number): boolean {
    return this.#open.get(part) === true;
  }

  /** The next turn, which is open from now on; `undefined` if there is none, or no room. */
  take(hasRoom = this.#open.size < this.#most): Turn | undefined {
    const turn = hasRoom ? this.#waiting.shift() : undefined;
    if (turn !== undefined) this.begin(turn.part);
    return turn;
  }

  /** No further batch of the part is needed. */
  end(part: number): void {
    this.#open.delete(part);
  }

  /**
   * The service has no room for an open part beside the others: it is the first to get a turn when one of them has ended, and no more
   * than these are open from now on.
   */
  postpone(turn: Turn): void {
    this.#open.delete(turn.part);
    this.#waiting.unshift(turn);
    this.#most = Math.max(1, this.#open.size);
  }
}
