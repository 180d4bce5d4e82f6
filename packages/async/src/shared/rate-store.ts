/** One number for each budget of a limiter, in the order of {@link RateAsk.budgets}. */
export type Amounts = readonly number[];

/** A limit that processes share. */
export interface SharedBudget {
  /** `requests`, `tokens` or `inputs`. */
  readonly name: string;
  /** The most within any `interval`, as the asking process knows it. */
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

/** A change of what was charged in a slot: negative for what was not used. */
export interface Correction {
  /** Which budget, by its position. */
  readonly budget: number;
  /** The slot, as the store named it in its answer; −1, or one that has expired, if more has to be charged now. */
  readonly slot: number;
  readonly amount: number;
}

/** What a service has reported of a limit. */
export interface Observation {
  /** Which budget, by its position. */
  readonly budget: number;
  /** How much the service says is left. */
  readonly remaining: number;
  /** For how long what others have used stays charged, in milliseconds. */
  readonly reset: number;
  /** The store's `expired` when the request was granted. */
  readonly expiredBefore: number;
}

/** What a limiter asks of its store. All of it happens at once, or nothing of it. */
export interface RateAsk {
  /** Names the limiter: random, and another one for each. */
  readonly member: string;
  readonly budgets: readonly SharedBudget[];
  /** For how long a grant may be used, in milliseconds: it stays charged for that much longer than an interval. */
  readonly hold: number;
  /** The charges of the requests that wait, first come first. As many as fit are granted, from the first on. */
  readonly wants: readonly Amounts[];
  /** What to grant beyond these, if nobody else waits: for requests to come. */
  readonly extra: Amounts;
  /** They apply before anything is granted. */
  readonly corrections: readonly Correction[];
  /** They apply after the corrections. */
  readonly observations: readonly Observation[];
  /** Holds back all limiters for as long as this, in milliseconds; 0 for not at all. */
  readonly pauseFor: number;
  /** The limiter is closed, and asks for nothing any more. */
  readonly leaves: boolean;
}

/** What a store answers. */
export interface RateAnswer {
  /** How many of the requests that wait are granted. */
  readonly granted: number;
  /** What is granted beyond them. */
  readonly extra: Amounts;
  /** Names the slot in which it was charged, for each budget. */
  readonly slots: Amounts;
  /** How much has ever expired, for each budget. */
  readonly expired: Amounts;
  /** What is left now, for each budget; negative if more was used than estimated. */
  readonly free: Amounts;
  /** When to ask again, in milliseconds, if not all requests were granted. */
  readonly retryIn: number;
  /** How long nothing may start, in milliseconds. */
  readonly pausedFor: number;
  /** How many limiters have asked within the longest interval, this one included. */
  readonly members: number;
  /** The interval that the store holds for each budget, in milliseconds; those of all limiters must agree. */
  readonly intervals: Amounts;
}

/**
 * Keeps what limiters of many processes have charged to one limit. Its clock counts, not those of the processes.
 * `limiterConformance` of `@llx/async/testing` tests one.
 *
 * How it decides is the same for all stores:
 * - A charge counts for `interval + hold` from the end of its slot, a two-hundredth of the interval: whenever a grant is
 *   used within `hold`, no interval has more than the limit.
 * - A limiter that was not granted all it asked for is hungry, until it asks again or fails to. While others are hungry, each
 *   gets up to an equal share of the limit. What is not asked for goes to those who ask.
 * - Nobody starves: the one that is hungry for longest gets its next request as soon as there is room for it, and others
 *   leave that room.
 */
export interface RateStore {
  /** @throws any error if the store cannot be reached; then nothing, or all, has happened */
  trade(ask: RateAsk): Promise<RateAnswer>;
  /**
   * Calls the listener when any limiter holds all back, within 100 ms, with the time that is left in milliseconds.
   *
   * @returns ends the calls
   */
  watch(listener: (pausedFor: number) => void): () => void;
  /** Frees its connections. */
  aclose(): Promise<void>;
}
