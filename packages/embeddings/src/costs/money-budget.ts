import type { Usage } from "@llx/callbacks";
import { type Price, readUsage } from "@llx/callbacks/usage";
import {
  checkNames,
  checkPrices,
  checkSignal,
  describe,
  describeKind,
  isObject,
  type NamesOf,
  raceAbort,
  refusePromise,
} from "@llx/support";
import type { BudgetReserve, ExpectedUsage, ModelBudget, RequestBudget } from "../contract/request-budget.ts";
import { Account, type ExpectedRequest } from "./account.ts";
import { BudgetError } from "./budget-error.ts";
import { isUnbilled } from "./is-unbilled.ts";
import { priceOf } from "./price-of.ts";

/** What may be spent, and what models cost. */
export interface MoneyBudgetOptions {
  /** The most that may be spent, in the currency of the prices: a number above 0. */
  readonly limit: number;
  /** What models cost, by their names: `prices` of `@llx/embeddings/prices` (in US dollars), or your own. */
  readonly prices: Readonly<Record<string, Price>>;
}

const names: NamesOf<MoneyBudgetOptions> = { limit: true, prices: true };

/**
 * What is reserved for one request. The first call of a method ends it; of later ones, only `answered` has an effect: what it
 * reports takes the place of what was counted. With `using`, a reserve ends at the latest where its block does, also if the reader of
 * a stream leaves: if no method was called, all that is reserved counts as used. Await the call within the block.
 */
export interface MoneyReserve extends BudgetReserve, Disposable {
  /**
   * The service has answered. Of a stream, call it once, after its last chunk: until then, all that is reserved is held back from
   * others. Each count of a later report takes the place of the earlier one. If that costs more than was counted, a process warning says that
   * the reserve was ended too early (`LLX_USAGE_LATE`).
   *
   * @param usage as the service reports it, in its own names, or ours; without one, all that is reserved counts as used
   * @throws TypeError for a promise, such as that of a stream: await it
   */
  answered(usage: object | null | undefined): void;
}

/** The part of one model in a budget. */
export interface MoneyAccount extends ModelBudget {
  /**
   * Reserves what an attempt is expected to cost. Waits while requests in flight may still return enough of it.
   *
   * @throws a {@link BudgetError} where too little is left; the signal's reason; TypeError or RangeError for what is no number of
   *   tokens
   */
  reserve(expected: ExpectedUsage, signal?: AbortSignal): Promise<MoneyReserve>;
}

const expectedNames: NamesOf<ExpectedUsage> = { tokens: true, inputs: true, outputTokens: true };

const isOutput = "it is called outputTokens";
const foreignNames = {
  maxTokens: isOutput,
  max_tokens: isOutput,
  maxOutputTokens: isOutput,
  max_completion_tokens: isOutput,
  maxCompletionTokens: isOutput,
};

/** How long calls wait for reserves to end until a warning says so, in milliseconds. */
const patience = 60_000;

/**
 * Limits what requests may cost, for all models and calls that share it: the option `budget` of an embedding model; calls
 * of a language model reserve by hand, with `open`. Each attempt reserves its expected cost before it is sent; the usage that
 * the service reports then takes its place. A refused request returns its reserve; one that was aborted or timed out does not,
 * as the service may bill it. Where too little is left, requests wait for those in flight to settle, and what cannot
 * be paid any more fails with a {@link BudgetError}, while a smaller request may still be sent: what is embedded is kept.
 *
 * Until a model's first request is answered, it sends one at a time; from then on, a reserve is the expected tokens times
 * the highest cost of one that was reported so far, and a tenth more. So what is spent stays within the limit, or
 * exceeds it by no more than one reserve. Output counts by its price once it is reported, and raises later reserves: what is
 * spent may exceed the limit by the output that nobody expected, and by far where streams are left, as those report none. With
 * `outputTokens`, their maximum, a reserve covers all output. If requests wait and no reserve ends for 60 seconds, or the
 * process would end, a process warning says so (`LLX_BUDGET_WAITS`).
 *
 * @example
 * ```ts
 * import { MoneyBudget } from "@llx/embeddings/costs";
 * import { prices } from "@llx/embeddings/prices";
 * import { fakeEmbedding } from "@llx/embeddings/testing";
 * const budget = new MoneyBudget({ limit: 5, prices: { ...prices, "fake-8": { input: 0.1 } } });
 * const embedder = fakeEmbedding({ budget });
 * ```
 */
export class MoneyBudget implements RequestBudget {
  readonly limit: number;
  readonly #prices: Readonly<Record<string, Price>>;
  readonly #accounts = new Map<string, Account>();
  #spent = 0;
  /** Codes of the warnings about usages, each of which is given once. */
  readonly #warned = new Set<string>();
  /** Requests that wait for others to settle. */
  #waiting: (() => void)[] = [];
  /** Ends the watch over them. */
  #unwatch: (() => void) | undefined;

  /** @throws TypeError or RangeError for a limit that is no number above 0, and for prices that are none */
  constructor(options: MoneyBudgetOptions) {
    checkNames(options, names);
    const { limit, prices } = options;
    if (typeof limit !== "number") throw new TypeError(`limit must be a number, not ${describe(limit)}`);
    if (!(limit > 0)) throw new RangeError(`limit must be an amount of money above 0, not ${limit}`);
    checkPrices(prices);
    this.limit = limit;
    this.#prices = { ...prices };
  }

  /** What requests have cost, in the currency of the prices. */
  get spent(): number {
    // Without the digits that sums of fractions leave.
    return Number(this.#spent.toPrecision(12));
  }

  /** What is reserved for requests in flight. */
  get reserved(): number {
    let reserved = 0;
    for (const account of this.#accounts.values()) reserved += account.reserved;
    return reserved;
  }

  /**
   * For embedding models, which call it when they are created, and for your calls of language models: `reserve` before each
   * attempt, then `answered` with its usage or `failed` with its error.
   *
   * @throws RangeError for a model without a price
   */
  open(model: string): MoneyAccount {
    const price = priceOf(this.#prices, model);
    if (price === undefined) {
      throw new RangeError(
        `the budget has no price of ${model}, so that it cannot limit what it costs: add it to prices, as in ` +
          `{ ${JSON.stringify(model)}: { input: 0.02 } } for 1,000,000 tokens, or { input: 0 } if it is free`,
      );
    }
    const known = this.#accounts.get(model);
    const account = known ?? new Account(price);
    this.#accounts.set(model, account);
    return { reserve: (expected, signal) => this.#reserve(model, account, expected, signal) };
  }

  /** A usage that cannot be read must not make requests look cheap unnoticed. */
  #usageOf(model: string, reported: object | null | undefined): Usage {
    const usage = readUsage(reported);
    const isMissing = reported == null || (isObject(reported) && Object.keys(reported).length === 0);
    if (usage === undefined && !isMissing) {
      const keys = isObject(reported) ? Object.keys(reported).join(", ") : "";
      this.#warn(
        `a usage of ${model} has no counts of tokens (${keys || describeKind(reported)}), so a MoneyBudget takes what was expected for it; ` +
          "pass the usage of the response, or { inputTokens, outputTokens }",
        { type: "UsageUnread", code: "LLX_USAGE_UNREAD" },
      );
    }
    return usage ?? {};
  }

  #warn(message: string, options: { readonly type: string; readonly code: string }): void {
    if (this.#warned.has(options.code)) return;
    this.#warned.add(options.code);
    process.emitWarning(message, options);
  }

  async #reserve(
    model: string,
    account: Account,
    expected: ExpectedUsage,
    signal: AbortSignal | undefined,
  ): Promise<MoneyReserve> {
    checkExpected(expected);
    checkSignal(signal);
    const request = account.expect(expected);
    for (;;) {
      const needed = request.cost;
      const left = this.limit - this.#spent;
      const { reserved } = this;
      if (!request.isFirstInFlight) {
        if (needed <= left - reserved) return this.#take(model, request);
        // Even if nothing that is in flight is billed.
        if (needed > left) {
          throw new BudgetError(model, { limit: this.limit, spent: this.#spent, reserved, needed });
        }
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      this.#watch(model);
      // oxlint-disable-next-line no-await-in-loop -- until it is decided
      await raceAbort(promise, signal);
    }
  }

  /** Warns if no reserve ends for a while, or if the process would end, as nothing else is left to do. */
  #watch(model: string): void {
    if (this.#unwatch !== undefined) return;
    const warn = (since: string): void => {
      process.emitWarning(
        `a call of ${model} waits for what is reserved for others, ${this.reserved}, and no reserve ${since}; ` +
          "each has to end, with answered, failed or cancel, also where a call fails or a reader leaves: declare it with using",
        { type: "BudgetWaits", code: "LLX_BUDGET_WAITS" },
      );
    };
    const timer = setTimeout(warn, patience, `has ended for ${patience / 1000} seconds`).unref();
    const onBeforeExit = (): void => warn("ends any more, as the process has nothing else to do");
    process.once("beforeExit", onBeforeExit);
    this.#unwatch = () => {
      clearTimeout(timer);
      process.off("beforeExit", onBeforeExit);
      this.#unwatch = undefined;
    };
  }

  #take(model: string, request: ExpectedRequest): MoneyReserve {
    request.begin();
    let isOpen = true;
    let spent = 0;
    let reported: Usage | undefined;
    const settle = (cost: number): void => {
      this.#spent += cost - spent;
      spent = cost;
      if (isOpen) request.end();
      isOpen = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      this.#unwatch?.();
      for (const proceed of waiting) proceed();
    };
    const close = (cost: number): void => {
      if (isOpen) settle(cost);
    };
    return {
      answered: (usage) => {
        refusePromise("usage", usage, "is a promise; await it, as in answered(await result.usage)");
        reported = { ...reported, ...this.#usageOf(model, usage) };
        const cost = request.learn(reported);
        if (!isOpen && cost > spent) {
          this.#warn(
            `a call of ${model} cost more than was counted when its reserve ended: others may have used the difference, so that the ` +
              "limit is exceeded; call answered once, with the whole usage, after the last chunk of a stream, and await the call within " +
              "the block of its reserve",
            { type: "UsageLate", code: "LLX_USAGE_LATE" },
          );
        }
        settle(cost);
      },
      failed: (error) => close(isUnbilled(error) ? 0 : request.cost),
      cancel: () => close(0),
      [Symbol.dispose]: () => close(request.cost),
    };
  }
}

/** @throws TypeError or RangeError for what is no number of tokens and texts */
function checkExpected(expected: ExpectedUsage): void {
  if (!isObject(expected)) {
    throw new TypeError(
      `reserve takes what is expected, such as { tokens: 250, inputs: 1 }, not ${describe(expected)}`,
    );
  }
  checkNames(expected, expectedNames, foreignNames);
  const { tokens, inputs, outputTokens = 0 } = expected;
  for (const [name, count] of Object.entries({ tokens, inputs, outputTokens })) {
    if (Number.isFinite(count) && count >= 0) continue;
    const message = `${name} must be a number from 0, such as { tokens: 250, inputs: 1 }, not ${describe(count)}`;
    throw typeof count === "number" ? new RangeError(message) : new TypeError(message);
  }
}
