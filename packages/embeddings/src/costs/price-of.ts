import type { Price } from "@llx/callbacks/usage";
import { checkNames, describeKind, isObject, type NamesOf } from "@llx/support";

const names: NamesOf<Price> = { input: true, output: true, batch: true, source: true, date: true };

/** @throws TypeError or RangeError for what is no table of prices */
export function checkPrices(prices: Readonly<Record<string, Price>>): void {
  if (!isObject(prices)) throw new TypeError('prices must be an object such as { "model": { input: 0.02 } }');
  for (const model of Object.keys(prices)) priceOf(prices, model);
}

/**
 * The price of a model; `undefined` if there is none.
 *
 * @throws TypeError or RangeError for a price that is no number from 0
 */
export function priceOf(prices: Readonly<Record<string, Price>>, model: string): Price | undefined {
  if (!Object.hasOwn(prices, model)) return undefined;
  const price = prices[model]!;
  const { input, output, batch } = price ?? {};
  const amounts = [input, output ?? 0, ...(batch === undefined ? [] : [batch.input, batch.window])];
  if (!amounts.every(isAmount)) {
    const shown = `{ input: ${String(input)}${output === undefined ? "" : `, output: ${String(output)}`} }`;
    const given = isObject(price) ? shown : describeKind(price);
    throw new RangeError(
      `the price of ${model} must be { input }, with output and batch: { input, window } if it has them, in numbers from 0 ` +
        `for 1,000,000 tokens, not ${given}`,
    );
  }
  checkNames(price, names, undefined, `prices.${model}.`);
  return price;
}

/** What tokens cost. */
export function costOf(tokens: number, price: number): number {
  return (tokens * price) / 1_000_000;
}

function isAmount(value: number | undefined): boolean {
  return Number.isFinite(value) && value! >= 0;
}
