import { checkCount, checkNames, checkPrices, describeKind, isObject, type NamesOf } from "@llx/support";
import type { TokenCount } from "./token-counting-handler.ts";

/** What a model costs for 1,000,000 tokens, in the currency of your choice. */
export interface Price {
  readonly input: number;
  /** Default 0: embeddings have no output. */
  readonly output?: number | undefined;
  /**
   * What the service's batch API takes for the same, and for how many milliseconds it may then keep you waiting. Without it,
   * a ledger counts batches at the live price, which is an upper bound.
   */
  readonly batch?: { readonly input: number; readonly window: number } | undefined;
  /** The address of the page where the price was read, and the day, as `2026-11-29`. */
  readonly source?: string | undefined;
  readonly date?: string | undefined;
}

/** What tokens cost, and how much is kept. */
export interface UsageLedgerOptions {
  /** By the name of the model, as its calls report it. */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /** The most groups of one kind that are kept apart, such as values of one tag; older ones become one. Default 10,000. */
  readonly maxGroups?: number | undefined;
}

/** The tokens of several calls, and what they cost. */
export interface UsageTotals {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** In the currency of the prices, for the calls whose model has one. */
  readonly cost: number;
  /** Calls whose model has no price: they are not part of `cost`. */
  readonly unpricedCalls: number;
}

const names: NamesOf<UsageLedgerOptions> = { prices: true, maxGroups: true };

type Totals = { -readonly [K in keyof UsageTotals]: UsageTotals[K] };
type Groups = Map<string, Totals>;

/** The group of older ones, where there are more than `maxGroups`. */
const older = "(older)";
/** The group of calls without a tag or a model. */
const none = "(none)";

/**
 * Adds up what a `TokenCountingHandler` counts: by model, by trace and by tag, with the cost. Prices are yours to give, as services change
 * them: `prices` of `@llx/embeddings/prices` is a dated table for embeddings. They have no lower price for cached tokens, as usage here does not tell them apart.
 *
 * @example
 * ```ts
 * import { TokenCountingHandler } from "@llx/callbacks";
 * import { UsageLedger } from "@llx/callbacks/usage";
 * const ledger = new UsageLedger({ prices: { "text-embedding-3-small": { input: 0.02 } } });
 * const counter = new TokenCountingHandler({ onCount: (count) => ledger.add(count) });
 * // … withTags({ tenant: "acme" }, …)
 * console.log(ledger.byTag("tenant").get("acme")?.cost);
 * ```
 */
export class UsageLedger {
  readonly #prices: ReadonlyMap<string, Price>;
  readonly #maxGroups: number;
  readonly #total: Totals = nothing();
  readonly #models: Groups = new Map();
  readonly #traces: Groups = new Map();
  readonly #tags = new Map<string, Groups>();
  #warned = false;

  /**
   * @throws RangeError for a price that is not a number from 0, and for a `maxGroups` that is not a whole number from 1;
   *   TypeError for an unknown option, for one of a wrong kind, and for an unknown name in a price
   */
  constructor(options: UsageLedgerOptions = {}) {
    checkNames(options, names, pricesAmong(options));
    const { prices = {}, maxGroups = 10_000 } = options;
    checkCount("maxGroups", maxGroups);
    checkPrices(prices);
    this.#prices = new Map(Object.entries(prices));
    this.#maxGroups = maxGroups;
  }

  /** All calls. */
  get total(): UsageTotals {
    return { ...this.#total };
  }

  /**
   * Adds one call, at the price of batches if it has a `batch`: give `(count) => ledger.add(count)` to `onCount`, or `ledger.add` alone. If there are prices, but none of
   * its model, a warning says so once.
   *
   * @throws TypeError for what is not a count, such as a number
   */
  readonly add = (count: TokenCount): void => {
    checkTokenCount(count);
    const { model, traceId, tags, batch } = count;
    const price = model === undefined ? undefined : this.#prices.get(model);
    const { input } = (batch === undefined ? undefined : price?.batch) ?? price ?? { input: 0 };
    const cost = price && (count.inputTokens * input + count.outputTokens * (price.output ?? 0)) / 1e6;
    if (cost === undefined && model !== undefined && this.#prices.size > 0) this.#warnOf(model);
    const one: UsageTotals = {
      calls: 1,
      inputTokens: count.inputTokens,
      outputTokens: count.outputTokens,
      totalTokens: count.totalTokens,
      cost: cost ?? 0,
      unpricedCalls: cost === undefined ? 1 : 0,
    };
    for (const name of Object.keys(tags)) {
      // Nobody had the tag before.
      if (!this.#tags.has(name))
        this.#tags.set(name, new Map(this.#total.calls > 0 ? [[none, this.total]] : []));
    }
    addTo(this.#total, one);
    this.#addTo(this.#models, model ?? none, one);
    this.#addTo(this.#traces, traceId, one);
    for (const [name, groups] of this.#tags) this.#addTo(groups, tags[name] ?? none, one);
  };

  /** By the name of the model; `"(none)"` for calls that have none. */
  byModel(): Map<string, UsageTotals> {
    return copyOf(this.#models);
  }

  /** By the id of the trace. */
  byTrace(): Map<string, UsageTotals> {
    return copyOf(this.#traces);
  }

  /**
   * By the value of one tag; `"(none)"` for calls without it.
   *
   * @throws TypeError for a name that is not a string
   */
  byTag(name: string): Map<string, UsageTotals> {
    if (typeof name !== "string") {
      throw new TypeError(`byTag takes the name of a tag, as in byTag("tenant"), not ${describeKind(name)}`);
    }
    return copyOf(this.#tags.get(name) ?? new Map(this.#total.calls > 0 ? [[none, this.total]] : []));
  }

  #warnOf(model: string): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      `a UsageLedger has no price of the model ${model}: its calls are counted in unpricedCalls, and cost 0. Add it to prices, as ` +
        `those of further models, which are not named`,
      { type: "CallsUnpriced", code: "LLX_CALLS_UNPRICED" },
    );
  }

  #addTo(groups: Groups, key: string, one: UsageTotals): void {
    const totals = groups.get(key) ?? nothing();
    groups.set(key, totals);
    addTo(totals, one);
    const fixed = Number(groups.has(older)) + Number(groups.has(none));
    if (groups.size - fixed <= this.#maxGroups) return;
    for (const [oldest, oldestTotals] of groups) {
      if (oldest === older || oldest === none) continue;
      groups.delete(oldest);
      const rest = groups.get(older) ?? nothing();
      groups.set(older, rest);
      return addTo(rest, oldestTotals);
    }
  }
}

/** Hints for prices that were given in place of options. */
function pricesAmong(options: unknown): Record<string, string> {
  const given = Object.entries(isObject(options) ? options : {});
  const prices = given.filter(([, value]) => isObject(value) && "input" in value);
  return Object.fromEntries(prices.map(([model]) => [model, "pass prices as { prices }"]));
}

function checkTokenCount(count: unknown): void {
  const { inputTokens, outputTokens, totalTokens, tags } = (count ?? {}) as Partial<TokenCount>;
  const areNumbers = [inputTokens, outputTokens, totalTokens].every((tokens) => typeof tokens === "number");
  if (areNumbers && isObject(tags)) return;
  throw new TypeError(
    `add takes a count as onCount of a TokenCountingHandler receives it, with tokens and tags, not ${describeKind(count)}`,
  );
}

const nothing = (): Totals => ({
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  cost: 0,
  unpricedCalls: 0,
});

function addTo(totals: Totals, more: UsageTotals): void {
  for (const key of Object.keys(totals) as (keyof Totals)[]) totals[key] += more[key];
}

function copyOf(groups: Groups): Map<string, UsageTotals> {
  return new Map([...groups].map(([key, totals]) => [key, { ...totals }]));
}
