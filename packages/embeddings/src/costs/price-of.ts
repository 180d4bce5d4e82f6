import type { Price } from "@llx/callbacks/usage";

/** The price of a model; `undefined` if there is none. */
export function priceOf(prices: Readonly<Record<string, Price>>, model: string): Price | undefined {
  return Object.hasOwn(prices, model) ? prices[model] : undefined;
}

/** What tokens cost. */
export function costOf(tokens: number, price: number): number {
  return (tokens * price) / 1_000_000;
}
