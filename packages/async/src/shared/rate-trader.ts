import { TimeLimit, timerDelay } from "@llx/support";
import type { RateQueue, RateWaiter } from "../limits/rate-queue.ts";
import type { HeldBudgets } from "./held-budgets.ts";
import type { Lot } from "./holdings.ts";
import type { Amounts, RateAnswer, RateAsk, RateStore } from "./rate-store.ts";

/** What a limiter does while its store is away. */
interface StoreOutage {
  /** The store could not be reached; called for each failed exchange. */
  away(error: unknown, members: number): void;
  /** The store has answered again. */
  back(): void;
}

interface TraderParts {
  readonly store: RateStore;
  /** Names the limiter in the store. */
  readonly member: string;
  readonly budgets: HeldBudgets;
  readonly queue: RateQueue;
  readonly outage: StoreOutage;
  /** The limits can never be kept together with those of other limiters. */
  readonly onConflict: (error: RangeError) => void;
  /** The store holds all limiters back, for as long as this, in milliseconds. */
  readonly onPause: (milliseconds: number) => void;
}

/** The most requests for which one exchange asks. */
const mostWants = 100;
/** For how long grants may be used, in milliseconds: a hundredth of an interval, within these bounds. */
const shortestHold = 20;
const longestHold = 1_000;
/** How long the store may take to answer, in milliseconds. */
const longestExchange = 5_000;
/** Waits between attempts while the store is away, in milliseconds. Each is twice the previous one. */
const firstWait = 50;
const longestWait = 1_000;

/**
 * Exchanges with the store: asks for what waiting requests need, a hundred of them at once, and for some more if requests keep
 * coming; gives back what was not used. There is one exchange at a time. All times are those of `performance.now()`.
 */
export class RateTrader {
  readonly #parts: TraderParts;
  readonly #shortestHold: number;
  /** After how long the store is told of what has not been used, in milliseconds. */
  readonly #longestReturn: number;
  /** How long an exchange took, at most and lately. */
  #tripTime = 0;
  /** The exchange, and those that follow it at once. */
  #trading: Promise<void> | undefined;
  /** Whether there is something to exchange. */
  #isDue = false;
  #isClosed = false;
  /** For a request that did not wait. */
  #missed: Amounts | undefined;
  /** The first request that was not granted, and the timer that asks for it again. */
  #refused: RateWaiter | undefined;
  #retry: NodeJS.Timeout | undefined;
  #return: NodeJS.Timeout | undefined;
  #returnsAt = Number.POSITIVE_INFINITY;
  /** Until when all limiters have to wait, if the store does not know it. */
  #pauseUntil: number | undefined;
  #lastTrade = performance.now();
  #failures = 0;
  /** How many share the limits; 0 until the store has told. */
  #members = 0;

  constructor(parts: TraderParts) {
    this.#parts = parts;
    const shortest = Math.min(...parts.budgets.shared.map(({ interval }) => interval));
    this.#longestReturn = shortest / 10;
    this.#shortestHold = Math.min(Math.max(shortest / 100, shortestHold), longestHold);
  }

  /** What is held does not suffice for a request. */
  need(cost: Amounts): void {
    if (this.#isClosed) return;
    const { first } = this.#parts.queue;
    // It was asked for, and the store has said when to ask again.
    if (this.#retry !== undefined && first !== undefined && first === this.#refused) return;
    if (first === undefined) this.#missed = cost;
    this.#begin();
  }

  /** A request has not used all that it was granted: is it enough for one that waits here, or might others wait for it? */
  returned(): void {
    const { queue, budgets } = this.#parts;
    const { first } = queue;
    if (first !== undefined && budgets.mayHaveRoom(budgets.costOf(first.weight, first.inputs))) this.#begin();
    else this.#returnAt(performance.now() + this.#longestReturn);
  }

  /** All limiters have to wait. */
  pause(milliseconds: number): void {
    this.#pauseUntil = performance.now() + milliseconds;
    this.#begin();
  }

  /** Gives everything back, and asks for nothing any more. Never rejects: what is charged expires by itself. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#return);
    await this.#trading;
    this.#parts.budgets.holdings.expireAll();
    await this.#exchange(this.#ask([], 0, performance.now()));
  }

  /** One exchange for all that is asked for in the same turn. */
  #begin(): void {
    this.#isDue = true;
    if (this.#trading !== undefined || this.#isClosed) return;
    this.#trading = Promise.resolve().then(() => this.#trade());
  }

  async #trade(): Promise<void> {
    do {
      // oxlint-disable-next-line no-await-in-loop -- one exchange at a time
      await this.#tradeOnce();
    } while (!this.#isClosed && this.#failures === 0 && this.#hasMore);
    this.#trading = undefined;
  }

  get #hasMore(): boolean {
    return this.#isDue || this.#missed !== undefined || this.#pauseUntil !== undefined;
  }

  async #tradeOnce(): Promise<void> {
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const { queue, budgets, onPause } = this.#parts;
    const sentAt = performance.now();
    budgets.holdings.expire(sentAt);
    const waiters = queue.peek(mostWants);
    const wants: Amounts[] = waiters.map(({ weight, inputs }) => budgets.costOf(weight, inputs));
    if (wants.length === 0 && this.#missed !== undefined) wants.push(this.#missed);
    this.#missed = undefined;
    const hold = Math.max(this.#shortestHold, 4 * this.#tripTime);
    const answer = await this.#exchange(this.#ask(wants, hold, sentAt));
    const now = performance.now();
    if (answer === undefined) {
      this.#refused = queue.first;
      const wait = Math.min(firstWait * 2 ** Math.min(this.#failures - 1, 10), longestWait);
      if (queue.size > 0 || this.#pauseUntil !== undefined) this.#askIn(wait * (0.75 + Math.random() / 4));
    } else {
      this.#tripTime = Math.max(now - sentAt, 0.9 * this.#tripTime);
      this.#hold(answer, wants, sentAt + hold);
      if (answer.pausedFor > 0) onPause(answer.pausedFor);
      else if (answer.granted < waiters.length) {
        this.#refused = waiters[answer.granted];
        // Callers that wait for the same room must not all ask at the same moment.
        this.#askIn(answer.retryIn + (Math.random() * hold) / 20);
      }
    }
    // Serving the queue tells whether there is more to ask for.
    this.#isDue = false;
    if (!this.#isClosed) queue.serve();
  }

  /** Resolves with `undefined` if the store is away. */
  async #exchange(ask: RateAsk): Promise<RateAnswer | undefined> {
    const { store, budgets, outage, onConflict } = this.#parts;
    try {
      const answer = await withinTime(store.trade(ask), longestExchange);
      if (this.#failures > 0) {
        this.#failures = 0;
        outage.back();
      }
      const conflict = conflictOf(ask, answer);
      if (conflict !== undefined) onConflict(conflict);
      this.#members = answer.members;
      budgets.told(answer.free, answer.expired);
      return answer;
    } catch (error) {
      this.#failures++;
      budgets.holdings.keep(ask.corrections);
      if (ask.pauseFor > 0) this.#pauseUntil ??= performance.now() + ask.pauseFor;
      outage.away(error, this.#members);
      return undefined;
    }
  }

  /** @param hold for how long a grant may be used; 0 to leave */
  #ask(wants: readonly Amounts[], hold: number, now: number): RateAsk {
    const { member, budgets } = this.#parts;
    const elapsed = Math.max(now - this.#lastTrade, 1);
    this.#lastTrade = now;
    const limits = budgets.shared;
    // As much as requests have used lately, while a grant lasts; to begin with, twice as much each time.
    const extra = budgets
      .used()
      .map((used, budget) =>
        Math.floor(Math.min((used * hold) / elapsed, 2 * used, limits[budget]!.limit / 10)),
      );
    return {
      member,
      budgets: limits,
      hold,
      wants,
      extra,
      corrections: budgets.corrections(now),
      observations: budgets.observations(now),
      pauseFor: this.#takePause(),
      leaves: hold === 0,
    };
  }

  #takePause(): number {
    const until = this.#pauseUntil;
    this.#pauseUntil = undefined;
    return until === undefined ? 0 : Math.max(0, until - performance.now());
  }

  #hold({ granted, extra, slots, expired }: RateAnswer, wants: readonly Amounts[], deadline: number): void {
    const left = extra.map((amount, budget) => {
      let sum = amount;
      for (const want of wants.slice(0, granted)) sum += want[budget]!;
      return sum;
    });
    if (left.every((amount) => amount === 0)) return;
    const lot: Lot = { deadline, slots, expired, left };
    this.#parts.budgets.holdings.add(lot);
    this.#returnAt(deadline);
  }

  /** At that time or earlier, what was not used goes back. It expires by itself, so a program need not stay alive for it. */
  #returnAt(at: number): void {
    if (at >= this.#returnsAt) return;
    clearTimeout(this.#return);
    this.#returnsAt = at;
    this.#return = setTimeout(this.#giveBack, timerDelay(Math.ceil(at - performance.now()))).unref();
  }

  readonly #giveBack = (): void => {
    this.#returnsAt = Number.POSITIVE_INFINITY;
    const { holdings } = this.#parts.budgets;
    holdings.expire(performance.now());
    this.#returnAt(holdings.deadline ?? Number.POSITIVE_INFINITY);
    if (holdings.isDirty) this.#begin();
  };

  #askIn(milliseconds: number): void {
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        this.#begin();
      },
      timerDelay(Math.ceil(milliseconds)),
    );
  }
}

function conflictOf({ budgets }: RateAsk, { intervals }: RateAnswer): RangeError | undefined {
  for (const [index, { name, interval }] of budgets.entries()) {
    const theirs = intervals[index]!;
    if (theirs === interval) continue;
    return new RangeError(
      `${name}.interval is ${interval} ms here and ${theirs} ms in another process that shares this limit; ` +
        `give all of them the same, or this limit another name`,
    );
  }
  return undefined;
}

/** @throws Error after a time in milliseconds, and what the work throws before */
function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = new TimeLimit(milliseconds, () =>
      reject(new Error(`it has not answered within ${milliseconds} ms`)),
    );
    void work.then(resolve, reject).finally(() => limit.clear());
  });
}
