import { randomUUID } from "node:crypto";
import { brand, checkNames, describe, type NamesOf } from "@llx/support";
import { RateLimiter, shareBudgets } from "../limits/rate-limiter.ts";
import type { RateLimiterOptions, RateLimits } from "../limits/rate-options.ts";
import { type AsyncClosable, Closing } from "../run/closable.ts";
import { HeldBudgets } from "./held-budgets.ts";
import type { RateStore } from "./rate-store.ts";
import { RateStoreError } from "./rate-store-error.ts";
import { RateTrader } from "./rate-trader.ts";

const reactions = ["wait", "local", "fail"] as const;

/** Options of a limiter that processes share. */
export interface SharedRateLimiterOptions extends RateLimiterOptions {
  /**
   * What happens while the store cannot be reached, or fails:
   * - `"wait"`: requests wait until it is back, with one warning.
   * - `"local"`: each process goes on with an equal share of the limit, by the number of processes that it knows of, with one
   *   warning. One that has never reached the store waits.
   * - `"fail"`: waiting requests are rejected with a {@link RateStoreError}.
   *
   * @default "wait"
   */
  readonly onStoreError?: (typeof reactions)[number] | undefined;
}

const names: NamesOf<SharedRateLimiterOptions> = { learn: true, onStoreError: true };

/**
 * A {@link RateLimiter} whose limits hold for all processes that use the same store: together they start no more than `limit`
 * requests, tokens or inputs in any window of `interval` milliseconds, by the clock of the store. It goes wherever a
 * `RateLimiter` goes.
 *
 * It takes grants from the store for the requests that wait, a hundred at once, and for some more if requests keep coming.
 * Each may be used for a hundredth of the shortest interval (20 ms to 1 s, or longer if the store is slow to answer), so
 * that about a fiftieth of a limit can stay unused; what is not used goes back. A killed process's grants are free again
 * one interval later.
 *
 * While more is asked for than there is, each process gets an equal share. `pauseUntil`, and a `Retry-After` passed to
 * `lease.refused`, hold all processes back; `pause` and what is learned from refusals concern this one.
 * `tryAcquire` succeeds only with what is held; if it does not, more is asked for, and a later call may succeed.
 */
export class SharedRateLimiter extends RateLimiter implements AsyncClosable {
  private static readonly named: void = /* @__PURE__ */ brand(this, "@llx/async/SharedRateLimiter");

  readonly #trader: RateTrader;
  readonly #closing: Closing;
  #isWarned = false;

  /** @throws TypeError or RangeError for invalid limits or options */
  constructor(limits: RateLimits, store: RateStore, options: SharedRateLimiterOptions = {}) {
    checkNames(options, names);
    const { onStoreError = "wait", learn } = options;
    if (!reactions.includes(onStoreError)) {
      throw new TypeError(`onStoreError must be "wait", "local" or "fail", not ${describe(onStoreError)}`);
    }
    super(limits, { learn });
    const budgets = new HeldBudgets(
      limits,
      onStoreError === "local",
      (cost) => this.#trader.need(cost),
      () => this.#trader.returned(),
    );
    const queue = shareBudgets(this, budgets);
    this.#trader = new RateTrader({
      store,
      member: randomUUID(),
      budgets,
      queue,
      onConflict: (error) => this.close(error),
      onPause: (milliseconds) => super.pauseUntil(Date.now() + milliseconds),
      outage: {
        away: (error, members) => {
          const reached = new RateStoreError("the store of a shared rate limit failed", error);
          if (onStoreError === "fail") return queue.reject(() => reached);
          if (onStoreError === "local" && members > 0) budgets.local?.begin(budgets.shared, members);
          this.#warn(reached, onStoreError === "local" && members > 0 ? members : undefined);
        },
        back: () => {
          this.#isWarned = false;
          budgets.local?.end();
        },
      },
    });
    const unwatch = store.watch((milliseconds) => super.pauseUntil(Date.now() + milliseconds));
    this.watchRefusals((_nextTry, retryAfter) => {
      if (retryAfter !== undefined) this.#trader.pause(retryAfter);
    });
    this.#closing = new Closing("the rate limiter", async () => {
      this.close();
      unwatch();
      await this.#trader.leave();
      await store.aclose();
    });
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  override pauseUntil(time: number | Date): void {
    super.pauseUntil(time);
    const milliseconds = Number(time) - Date.now();
    if (milliseconds > 0) this.#trader.pause(milliseconds);
  }

  /** Rejects present and future calls of `acquire`, gives back what is not used, and closes the store. */
  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  /** @param members how many processes go on with a share each; `undefined` if all wait */
  #warn(error: RateStoreError, members: number | undefined): void {
    if (this.#isWarned) return;
    this.#isWarned = true;
    const what =
      members === undefined
        ? "requests wait until it is back"
        : `until it is back, this process starts no more than 1/${members} of the limit`;
    process.emitWarning(`${error.message}; ${what}`, {
      type: "RateStoreWarning",
      code: "LLX_RATE_STORE_AWAY",
    });
  }
}
