import type { Usage } from "@llx/callbacks";
import type { Price } from "@llx/callbacks/usage";
import type { ExpectedUsage } from "../contract/request-budget.ts";
import { costOf } from "./price-of.ts";

/** Services put tokens of their own around a text, and short texts vary the most. */
const tokensAround = 8;
/** Of the expected tokens, what is reserved before a service has reported any. */
const firstFactor = 1.25;
/** Of the highest cost reported so far, as a later one may be higher. */
const margin = 1.1;

/** The requests of one model. */
export class Account {
  readonly #price: Price;
  /** Of requests whose output is unknown: it is part of what an expected token costs. */
  readonly #open: TokenCosts;
  /** Of those whose maximum of output is known, and reserved by itself. */
  readonly #bounded: TokenCosts;

  constructor(price: Price) {
    this.#price = price;
    this.#open = new TokenCosts(price.input);
    this.#bounded = new TokenCosts(price.input);
  }

  /** What is reserved for requests in flight. */
  get reserved(): number {
    return this.#open.reserved + this.#bounded.reserved;
  }

  expect({ tokens, inputs, outputTokens }: ExpectedUsage): ExpectedRequest {
    const { input, output = input } = this.#price;
    const costs = outputTokens === undefined ? this.#open : this.#bounded;
    const costsNothing = input + output === 0;
    const all = tokens + tokensAround * inputs;
    const outputCost = costOf(outputTokens ?? 0, output);
    const isBounded = outputTokens !== undefined;
    return {
      get cost() {
        return costs.of(all) + outputCost;
      },
      get isFirstInFlight() {
        return costs.isFirstInFlight && !costsNothing;
      },
      begin: () => costs.begin(all, outputCost),
      end: () => costs.end(all, outputCost),
      learn: (usage) => {
        const parts = this.#costsOf(usage, tokens, outputCost);
        const spent = parts === undefined ? costs.of(all) + outputCost : parts.input + parts.output;
        costs.learn(all, isBounded ? parts?.input : parts && spent);
        return spent;
      },
    };
  }

  /**
   * What a service has reported costs; `undefined` if it does not say.
   *
   * @param expected tokens of the input, where only the total is reported
   * @param mostOutput what output costs, where none is reported
   */
  #costsOf(
    { inputTokens, outputTokens, totalTokens }: Usage,
    expected: number,
    mostOutput: number,
  ): { readonly input: number; readonly output: number } | undefined {
    const { input, output } = this.#price;
    const all = totalTokens ?? inputTokens;
    if (all === undefined) return undefined;
    // Without a price of output, all that a service reports is billed as input.
    if (output === undefined) return { input: costOf(all, input), output: 0 };
    const given =
      inputTokens ?? (outputTokens === undefined ? Math.min(all, expected) : Math.max(0, all - outputTokens));
    if (outputTokens === undefined && totalTokens === undefined) {
      return { input: costOf(given, input), output: mostOutput };
    }
    // Some services count the thoughts of a model only in the total.
    return { input: costOf(given, input), output: costOf(Math.max(outputTokens ?? 0, all - given), output) };
  }
}

/** A request that may be sent. */
export interface ExpectedRequest {
  /** What it may cost. */
  readonly cost: number;
  /** Whether nothing is known of such requests yet, and one in flight will tell. */
  readonly isFirstInFlight: boolean;
  /** It is sent: what it may cost is reserved. */
  begin(): void;
  /** Nothing is reserved any more. */
  end(): void;
  /** The service has answered. Returns what that has cost: all that is reserved, if the service does not say. */
  learn(usage: Usage): number;
}

/** What the expected tokens of requests cost. */
class TokenCosts {
  readonly #firstRate: number;
  /** What to reserve for 1,000,000 expected tokens; `undefined` before the first answer. */
  #rate: number | undefined;
  /** Of the requests in flight. */
  #tokens = 0;
  #outputCost = 0;
  #requests = 0;

  /** @param input the price of 1,000,000 tokens */
  constructor(input: number) {
    this.#firstRate = input * firstFactor;
  }

  get isFirstInFlight(): boolean {
    return this.#rate === undefined && this.#requests > 0;
  }

  get reserved(): number {
    return this.#requests === 0 ? 0 : this.of(this.#tokens) + this.#outputCost;
  }

  /** What that many expected tokens may cost. */
  of(tokens: number): number {
    return costOf(tokens, this.#rate ?? this.#firstRate);
  }

  begin(tokens: number, outputCost: number): void {
    this.#tokens += tokens;
    this.#outputCost += outputCost;
    this.#requests++;
  }

  end(tokens: number, outputCost: number): void {
    this.#tokens -= tokens;
    this.#outputCost -= outputCost;
    this.#requests--;
  }

  /** A service that reports nothing teaches nothing. */
  learn(tokens: number, cost: number | undefined): void {
    if (tokens === 0) return;
    const rate = cost === undefined ? this.#firstRate : (cost / tokens) * 1_000_000 * margin;
    this.#rate = Math.max(this.#rate ?? 0, rate);
  }
}
