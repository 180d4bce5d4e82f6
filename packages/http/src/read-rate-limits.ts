import type { ObservedRate, ObservedRates } from "@llx/async";

const day = 86_400_000;

/**
 * What a service tells of its limits in `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, times in
 * milliseconds. What makes no sense is left out; `undefined` where nothing is told.
 */
export function readRateLimits(header: (name: string) => string | undefined): ObservedRates | undefined {
  const requests = readRate(header, "requests");
  const tokens = readRate(header, "tokens");
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

function readRate(header: (name: string) => string | undefined, of: string): ObservedRate | undefined {
  const limit = readCount(header(`x-ratelimit-limit-${of}`), 1);
  const remaining = readCount(header(`x-ratelimit-remaining-${of}`), 0);
  const reset = readDuration(header(`x-ratelimit-reset-${of}`));
  if (limit === undefined && remaining === undefined && reset === undefined) return undefined;
  return {
    ...(limit !== undefined && { limit }),
    ...(remaining !== undefined && { remaining }),
    ...(reset !== undefined && { reset }),
  };
}

function readCount(value: string | undefined, least: number): number | undefined {
  if (value === undefined || !/^\d+$/.test(value.trim())) return undefined;
  const count = Number(value);
  return Number.isSafeInteger(count) && count >= least ? count : undefined;
}

/** A time such as `1h2m`, `1m30s`, `0.5s`, `6ms`, or plain seconds, in milliseconds. */
function readDuration(value: string | undefined): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  const number = String.raw`(\d+(?:\.\d+)?)`;
  const units = new RegExp(`^(?:${number}d)?(?:${number}h)?(?:${number}m)?(?:${number}s)?(?:${number}ms)?$`);
  const parts = /^\d+(\.\d+)?$/.test(text) ? [0, 0, 0, text, 0] : units.exec(text)?.slice(1);
  if (parts === undefined) return undefined;
  const sizes = [day, 3_600_000, 60_000, 1000, 1];
  const total = sizes.reduce((sum, size, index) => sum + size * Number(parts[index] ?? 0), 0);
  // Longer than any limit holds: somebody's clock time, not a duration.
  return total <= 366 * day ? Math.round(total) : undefined;
}
