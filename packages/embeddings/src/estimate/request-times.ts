import type { RateState } from "@llx/async";

/** What limits when requests start. */
export interface TimeLimits {
  /** How many requests run at once. */
  readonly workers: number;
  /** Milliseconds that a request takes. */
  readonly latency: number;
  /** Those that were declared or reported, and those that were learned from refusals. */
  readonly rates: Pick<RateState, Rate | "learned">;
}

const rateNames = ["requests", "tokens", "inputs"] as const;
type Rate = (typeof rateNames)[number];

/**
 * When requests would start and end, one after another, with slots for a number of them and sliding windows for the
 * rates: the windows are taken to be empty at the beginning.
 */
export class RequestTimes {
  readonly #latency: number;
  /** When each of the slots is free. All requests take as long, so the slots become free in turn. */
  readonly #slots: number[];
  readonly #windows: readonly Window[];
  #requests = 0;
  #start = 0;

  constructor({ workers, latency, rates }: TimeLimits) {
    this.#latency = latency;
    this.#slots = new Array<number>(workers).fill(0);
    const known = rateNames.flatMap((name) => {
      const rate = rates[name];
      return rate === undefined ? [] : [new Window(name, rate.limit, rate.interval)];
    });
    const learned = rates.learned.flatMap(({ interval, ...limits }) =>
      (["requests", "tokens"] as const).flatMap((name) => {
        const limit = limits[name];
        return limit === undefined ? [] : [new Window(name, limit, interval)];
      }),
    );
    this.#windows = [...known, ...learned];
  }

  /** Adds the next request. */
  add(charges: Readonly<Record<"tokens" | "inputs", number>>): void {
    const slot = this.#requests++ % this.#slots.length;
    let start = Math.max(this.#start, this.#slots[slot]!);
    for (const window of this.#windows) start = window.startsAt(amountOf(window.name, charges), start);
    for (const window of this.#windows) window.charge(amountOf(window.name, charges), start);
    this.#start = start;
    this.#slots[slot] = start + this.#latency;
  }

  /** Milliseconds from the start of the first request to the end of the last. */
  get duration(): number {
    return this.#requests === 0 ? 0 : this.#start + this.#latency;
  }
}

function amountOf(name: Rate, charges: Readonly<Record<"tokens" | "inputs", number>>): number {
  return name === "requests" ? 1 : charges[name];
}

/** What has started within the last interval. */
class Window {
  readonly name: Rate;
  readonly #limit: number;
  readonly #interval: number;
  #started: { readonly at: number; amount: number }[] = [];
  /** How many of `#started` are over: they are removed in bulk. */
  #over = 0;
  #used = 0;

  constructor(name: Rate, limit: number, interval: number) {
    this.name = name;
    this.#limit = limit;
    this.#interval = interval;
  }

  /** When that much may start, from a given time on. */
  startsAt(amount: number, from: number): number {
    let at = from;
    this.#expire(at);
    // A request that needs more than the limit takes all of it.
    const most = Math.max(0, this.#limit - amount);
    while (this.#used > most) {
      at = this.#started[this.#over]!.at + this.#interval;
      this.#expire(at);
    }
    return at;
  }

  charge(amount: number, at: number): void {
    const last = this.#started.at(-1);
    if (last?.at === at && this.#over < this.#started.length) last.amount += amount;
    else this.#started.push({ at, amount });
    this.#used += amount;
  }

  #expire(now: number): void {
    for (let first = this.#started[this.#over]; first !== undefined; first = this.#started[this.#over]) {
      if (first.at + this.#interval > now) break;
      this.#used -= first.amount;
      this.#over++;
    }
    if (this.#over > 1_000 && this.#over * 2 > this.#started.length) {
      this.#started = this.#started.slice(this.#over);
      this.#over = 0;
    }
  }
}
