const maxWait = 366 * 86_400_000;

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms`, otherwise `retry-after`, which is seconds or an
 * HTTP date (RFC 9110, 10.2.3). A date is compared with the server's own `date`, as the clock of this machine may be wrong.
 * `undefined` for a date in the past, an unreadable value, and more than a year.
 */
export function readRetryAfter(
  header: (name: string) => string | undefined,
  now: number = Date.now(),
): number | undefined {
  const milliseconds = readNumber(header("retry-after-ms"));
  if (milliseconds !== undefined) return plausibleWait(milliseconds);
  const value = header("retry-after")?.trim();
  if (!value) return undefined;
  const seconds = readNumber(value);
  if (seconds !== undefined) return plausibleWait(seconds * 1000);
  const until = readDate(value);
  if (until === undefined) return undefined;
  const wait = until - (readDate(header("date")) ?? now);
  return wait > 0 ? plausibleWait(wait) : undefined;
}

function readDate(value: string | undefined): number | undefined {
  // Only what looks like a date: Date.parse also accepts "-5" and "2 apples".
  if (value === undefined || !/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date;
}

/** A wait, unless it is implausibly long. */
export function plausibleWait(wait: number): number | undefined {
  return wait <= maxWait ? wait : undefined;
}

/** What a service reports of one rate limit. */
interface Rate {
  readonly remaining?: number | undefined;
  readonly reset?: number | undefined;
}

/** How long until each exhausted limit is reset, in milliseconds; `undefined` if none is exhausted. */
export function timeToReset(
  rates: { readonly requests?: Rate | undefined; readonly tokens?: Rate | undefined } | undefined,
): number | undefined {
  const waits = [rates?.requests, rates?.tokens].flatMap((rate) =>
    rate?.remaining === 0 && rate.reset !== undefined ? [rate.reset] : [],
  );
  return waits.length > 0 ? Math.max(...waits) : undefined;
}

function readNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
