/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms` before `retry-after`, which is seconds or
 * an HTTP date (RFC 9110, 10.2.3). A date that has passed, and what cannot be read, is `undefined`.
 */
export function readRetryAfter(
  header: (name: string) => string | undefined,
  now: number = Date.now(),
): number | undefined {
  const milliseconds = positive(header("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const value = header("retry-after")?.trim();
  if (!value) return undefined;
  const seconds = positive(value);
  if (seconds !== undefined) return seconds * 1000;
  // Only what looks like a date: Date.parse reads a meaning into "-5" and "2 apples".
  if (!/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const wait = Date.parse(value) - now;
  return wait > 0 ? wait : undefined;
}

function positive(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
