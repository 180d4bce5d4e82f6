/** A string, which is left as it is; or a number that JSON does not have, as Python, JavaScript and C write it. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|(-?)\b(?:(nan)|inf(?:inity)?)\b/gi;

/** Stands in for NaN: a string that nobody sends. */
const standIn = "\u0000NaN";

/**
 * Reads JSON that holds `NaN`, `Infinity` or the like where numbers should be. It takes several times as long as
 * `JSON.parse`: for what that has refused.
 *
 * @returns `undefined` for what is no JSON even so, or holds no such number
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
