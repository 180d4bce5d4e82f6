import type { ObservedRate, ObservedRates } from "@llx/async";
import { readDuration } from "@llx/support";

/**
 * The rate limits that a service reports in `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, or as Mistral names
 * them in `x-ratelimit-{limit,remaining}-{req,tokens}-minute`, with times in milliseconds. Invalid values are left out;
 * `undefined` where there are none.
 */
export function readRateLimits(header: (name: string) => string | undefined): ObservedRates | undefined {
  const requests = readRate(header, "requests") ?? readRate(header, "req-minute");
  const tokens = readRate(header, "tokens") ?? readRate(header, "tokens-minute");
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

/** What `readRateLimits` of a client returns, without what is no number: a header is missing, or has no number. */
export function finiteRates(rates: ObservedRates | undefined): ObservedRates | undefined {
  const known = Object.entries(rates ?? {}).flatMap(([name, rate]) => {
    const counts = Object.entries((rate ?? {}) as object).filter(([, count]) => Number.isFinite(count));
    return counts.length === 0 ? [] : [[name, Object.fromEntries(counts)]];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

function readRate(header: (name: string) => string | undefined, of: string): ObservedRate | undefined {
  const limit = readCount(header(`x-ratelimit-limit-${of}`), 1);
  const remaining = readCount(header(`x-ratelimit-remaining-${of}`), 0);
  const reset = readReset(header(`x-ratelimit-reset-${of}`));
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

/** A duration such as `1m30s`, or seconds, in milliseconds. A longer one than a year is a time stamp. */
function readReset(value: string | undefined): number | undefined {
  const text = value?.trim() ?? "";
  const milliseconds = readDuration(/^[\d.]+$/.test(text) ? `${text}s` : text);
  return milliseconds === undefined ? undefined : Math.round(milliseconds);
}
