// Rules that find the number of concurrent requests which a service accepts: ours and those of others.
import { AdaptiveLimiter } from "@llx/async";

/** The initial and the maximum limit of the rules. */
export const initial = 10;
export const max = 200;

/** One way to decide whether another request may be sent now. */
export interface Rule {
  /** `undefined`: not now. */
  start(now: number): Attempt | undefined;
}

export interface Attempt {
  succeeded(now: number): void;
  refused(now: number): void;
}

export class Ours implements Rule {
  readonly #limiter: AdaptiveLimiter;

  constructor(first = initial) {
    this.#limiter = new AdaptiveLimiter({ initial: first, max });
  }

  start(): Attempt | undefined {
    const permit = this.#limiter.tryAcquire();
    return permit && { succeeded: () => permit.succeed(), refused: () => permit.fail(overload) };
  }
}

const overload = { status: 429 };

/** A fixed limit, which the other rules change. This is p-map at a fixed concurrency. */
export class Fixed implements Rule {
  limit: number;
  running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  start(now: number): Attempt | undefined {
    if (this.running >= Math.floor(this.limit)) return undefined;
    this.running++;
    return this.send(now);
  }

  /** One shared attempt suffices if nothing is learned from it. */
  send(_now: number): Attempt {
    return this.#any;
  }

  readonly #any: Attempt = { succeeded: () => void this.running--, refused: () => void this.running-- };
}

/** Halves the limit on a refusal, once for all that was sent before; adds one for as many successes as it is. */
export class TextbookAimd extends Fixed {
  #flight = 0;

  constructor() {
    super(initial);
  }

  override send(): Attempt {
    const flight = this.#flight;
    return {
      succeeded: () => {
        this.running--;
        this.limit = Math.min(this.limit + 1 / this.limit, max);
      },
      refused: () => {
        this.running--;
        if (flight !== this.#flight) return;
        this.#flight++;
        this.limit = Math.max(this.limit / 2, 1);
      },
    };
  }
}

/** What Netflix's library recommends for clients: only loss, with its own constants. */
export class EagerAimd extends Fixed {
  constructor() {
    super(initial);
  }

  override send(): Attempt {
    return this.#any;
  }

  readonly #any: Attempt = {
    succeeded: () => {
      if (this.running * 2 >= this.limit) this.limit = Math.min(this.limit + 1, max);
      this.running--;
    },
    refused: () => {
      this.running--;
      this.limit = Math.max(Math.floor(this.limit * 0.9), 1);
    },
  };
}

/**
 * By its description: each second, the limit is multiplied by the long-term latency over the latest one, from 0.5
 * to 1 and with a tolerance of 1.5, plus 4 for a queue; a fifth of the difference is applied. It looks at latency:
 * it learns nothing from a service that refuses instead of queueing.
 *
 * @see https://github.com/Netflix/concurrency-limits
 */
export class Gradient2 extends Fixed {
  #long = 0;
  #longSamples = 0;
  #sum = 0;
  #samples = 0;
  #next = 1_000;

  constructor() {
    super(initial);
  }

  override send(startedAt: number): Attempt {
    return {
      succeeded: (now) => {
        this.#sum += now - startedAt;
        this.#samples++;
        if (now >= this.#next && this.#samples >= 10) this.#update(now);
        this.running--;
      },
      refused: () => void this.running--,
    };
  }

  #update(now: number): void {
    const short = this.#sum / this.#samples;
    this.#sum = 0;
    this.#samples = 0;
    this.#next = now + 1_000;
    this.#longSamples++;
    // A mean while it warms up, then exponential over 600 seconds.
    this.#long += (short - this.#long) * (this.#longSamples <= 10 ? 1 / this.#longSamples : 2 / 601);
    if (this.#long / short > 2) this.#long *= 0.9;
    if (this.running < this.limit / 2) return;
    const gradient = Math.max(0.5, Math.min(1, (1.5 * this.#long) / short));
    this.limit = Math.max(1, Math.min(0.8 * this.limit + 0.2 * (gradient * this.limit + 4), max));
  }
}
