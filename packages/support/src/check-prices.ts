import { checkNames } from "./check-names.ts";
import { describe, describeKind } from "./describe.ts";

const names = { input: true, output: true, batch: true, source: true, date: true } as const;

/** No model is so cheap, in any currency that people use: it is the price of one token. */
const leastPrice = 0.000_01;

/**
 * A table of prices by model, as `@llx/callbacks/usage` defines them.
 *
 * @throws TypeError or RangeError that names the price
 */
export function checkPrices(prices: unknown): void {
  // A map, and a list as well, would be read as an object without any model.
  if (!isPlain(prices)) {
    throw new TypeError(
      `prices must be an object with the price of each model, such as { "model": { input: 0.02 } }, not ${describeKind(prices)}`,
    );
  }
  for (const [model, price] of Object.entries(prices)) checkPrice(`prices.${model}`, price);
}

function checkPrice(name: string, price: unknown): void {
  if (!isPlain(price)) {
    throw new TypeError(`${name} must be a price, such as { input: 0.02 }, not ${describe(price)}`);
  }
  checkNames(price, names, {}, `${name}.`);
  const { input, output = 0, batch } = price as Record<string, unknown>;
  checkAmount(`${name}.input`, input);
  checkAmount(`${name}.output`, output);
  if (batch === undefined) return;
  const { input: half, window } = Object(batch) as Record<string, unknown>;
  checkAmount(`${name}.batch.input`, half);
  if (typeof window === "number" && window >= 0) return;
  throw new TypeError(`${name}.batch.window must be a number of milliseconds, not ${describe(window)}`);
}

function checkAmount(name: string, amount: unknown): void {
  const isAmount = typeof amount === "number" && Number.isFinite(amount) && amount >= 0;
  if (isAmount && (amount === 0 || amount >= leastPrice)) return;
  const what = `${name} must be a number from 0, for 1,000,000 tokens`;
  if (isAmount) {
    const meant = Number((amount * 1_000_000).toPrecision(12));
    throw new RangeError(`${what}: ${amount} looks like the price of one, so pass ${meant}`);
  }
  const message = `${what}, not ${describe(amount)}`;
  throw typeof amount === "number" ? new RangeError(message) : new TypeError(message);
}

function isPlain(value: unknown): value is object {
  const isOther = typeof value !== "object" || Array.isArray(value);
  return !isOther && value !== null && !(Symbol.toStringTag in value);
}
