/** A string, which is kept; or a number that JSON does not support, as written by Python, JavaScript and C. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|(-?)\b(?:(nan)|inf(?:inity)?)\b/gi;

/** Replaces NaN: a string that no service sends. */
const standIn = "\u0000NaN";

/**
 * Reads JSON with `NaN`, `Infinity` or the like in place of numbers. It takes several times as long as `JSON.parse`: for
 * text that `JSON.parse` has refused.
 *
 * @returns `undefined` for text that is still not JSON, or has no such number
 */
export function parseLooseJson(text: string): unknown {
  let found = false;
  try {
    const strict = text.replaceAll(tokens, (token, sign: string | undefined, nan: string | undefined) => {
      if (token.startsWith('"')) return token;
      found = true;
      return nan === undefined ? `${sign}1e999` : JSON.stringify(standIn);
    });
    if (!found) return undefined;
    return JSON.parse(strict, (_name, value: unknown) => (value === standIn ? Number.NaN : value));
  } catch {
    return undefined;
  }
}
