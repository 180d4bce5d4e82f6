import type { ObservedRates } from "@llx/async";

const longestWait = 366 * 86_400_000;

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms` before `retry-after`, which is seconds or
 * an HTTP date (RFC 9110, 10.2.3). A date that has passed, what cannot be read, and more than a year, which nobody
 * means, is `undefined`.
 */
export function readRetryAfter(
  header: (name: string) => string | undefined,
  now: number = Date.now(),
): number | undefined {
  const milliseconds = positive(header("retry-after-ms"));
  if (milliseconds !== undefined) return sensible(milliseconds);
  const value = header("retry-after")?.trim();
  if (!value) return undefined;
  const seconds = positive(value);
  if (seconds !== undefined) return sensible(seconds * 1000);
  // Only what looks like a date: Date.parse reads a meaning into "-5" and "2 apples".
  if (!/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const wait = Date.parse(value) - now;
  return wait > 0 ? sensible(wait) : undefined;
}

/** A wait that somebody may mean. */
export function sensible(wait: number): number | undefined {
  return wait <= longestWait ? wait : undefined;
}

/**
 * How long until there is something of each limit again, in milliseconds; `undefined` where none is used up.
 */
export function exhaustedFor(rates: ObservedRates | undefined): number | undefined {
  const waits = [rates?.requests, rates?.tokens].flatMap((rate) =>
    rate?.remaining === 0 && rate.reset !== undefined ? [rate.reset] : [],
  );
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

function positive(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
