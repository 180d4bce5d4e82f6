/**
 * How long a service asks to wait, in milliseconds: by `retry-after-ms`, or by `retry-after` in seconds or as a date.
 * What cannot be read, or has passed, is `undefined`.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const wait =
    readNumber(headers["retry-after-ms"]) ??
    readNumber(headers["retry-after"], 1000) ??
    // Only what looks like a date: Date.parse reads a meaning into "-5".
    (/^[A-Za-z]{3},? /.test(headers["retry-after"] ?? "")
      ? Date.parse(headers["retry-after"]!) - Date.now()
      : 0);
  return wait > 0 ? wait : undefined;
}

function readNumber(value: string | undefined, unit = 1): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value) ? Number(value) * unit : undefined;
}
