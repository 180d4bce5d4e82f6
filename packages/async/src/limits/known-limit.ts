import { checkCount, checkMilliseconds, checkNames, describe, type NamesOf } from "@llx/support";

/** How much may start per interval. */
export interface RateLimit {
  /** The most within any `interval`: a whole number from 1. */
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

const names: NamesOf<RateLimit> = { limit: true, interval: true };
const isInterval = "it is called interval";
const foreignNames: Readonly<Record<string, string>> = {
  window: isInterval,
  per: isInterval,
  ms: isInterval,
  duration: isInterval,
  max: "it is called limit",
  intervalCap: "it is called limit",
};

/** What a service reports of one of its limits. Omit what it does not report. */
export interface ObservedRate {
  /** The most per interval: a whole number from 1. */
  readonly limit?: number | undefined;
  /** How much is left: a whole number from 0. */
  readonly remaining?: number | undefined;
  /** When the limit resets, in milliseconds from now. Default: the interval of the limit. */
  readonly reset?: number | undefined;
}

/** A limit of requests, tokens or inputs, as far as it is known. */
export class KnownLimit {
  readonly name: string;
  readonly interval: number;
  limit: number;
  /** The limit that the service reported last. */
  #reported: number | undefined;

  /** @throws TypeError or RangeError with the value given and the values allowed */
  constructor(name: string, given: RateLimit) {
    if (typeof given !== "object" || given === null) {
      const some = typeof given === "number" ? given : 500;
      throw new TypeError(
        `${name} must be { limit, interval }, such as { limit: ${some}, interval: 60_000 } for ${some} a minute, ` +
          `not ${describe(given)}`,
      );
    }
    checkNames(given, names, foreignNames, `${name}.`);
    const { limit, interval } = given;
    checkCount(`${name}.limit`, limit);
    checkDuration(`${name}.interval`, interval);
    if (interval === 0) throw new RangeError(`${name}.interval must be more than 0 milliseconds`);
    this.name = name;
    this.limit = limit;
    this.interval = interval;
  }

  /** Why a request of that size could never start. */
  refusal(amount: number): RangeError | undefined {
    if (amount <= this.limit) return undefined;
    return new RangeError(
      `${this.name}: ${amount} is more than the limit of ${this.limit} in ${this.interval} ms; ` +
        `it could never start`,
    );
  }

  /** @throws TypeError or RangeError with the value given and the values allowed */
  checkObserved(observed: ObservedRate): void {
    if (typeof observed !== "object" || observed === null) {
      throw new TypeError(`${this.name} must be { limit, remaining, reset }, not ${describe(observed)}`);
    }
    const { limit, remaining, reset } = observed;
    if (limit !== undefined) checkCount(`${this.name}.limit`, limit);
    if (remaining !== undefined) checkCount(`${this.name}.remaining`, remaining, 0);
    if (reset !== undefined) checkDuration(`${this.name}.reset`, reset);
  }

  /** A limit below the service's own is the user's choice and stays; one that the service reported follows the service. */
  learn(limit: number): void {
    if (limit < this.limit || this.limit === this.#reported) this.limit = limit;
    this.#reported = limit;
  }
}

/** @throws TypeError or RangeError with the value given and the values allowed */
function checkDuration(name: string, value: unknown): void {
  checkMilliseconds(name, value);
  if (value === Number.POSITIVE_INFINITY) {
    throw new RangeError(`${name} must be finite, or nothing would ever start again`);
  }
}
