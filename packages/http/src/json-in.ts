/** JSON that stands in a text, and what stands before it. */
export interface FoundJson {
  readonly before: string;
  readonly value: unknown;
}

/**
 * The object, or list of objects, that a text is or ends with: gateways put what another service has answered behind
 * a few words. `undefined` where there is none.
 */
export function jsonIn(text: string): FoundJson | undefined {
  const start = text.search(/\{|\[\s*\{/);
  if (start === -1) return undefined;
  try {
    return { before: text.slice(0, start), value: JSON.parse(text.slice(start)) };
  } catch {
    return undefined;
  }
}

/** The value of a JSON text, also where its end is missing; `undefined` for what is none. */
export function parseJson(text: string): unknown {
  const cut = /^\s*[[{]/.test(text) ? completions(text) : [];
  for (const each of [text, ...cut]) {
    try {
      return JSON.parse(each);
    } catch {
      // The next one may be right.
    }
  }
  return undefined;
}

/** A JSON text that was cut, closed where it ends, and closed before what began last. */
function completions(text: string): string[] {
  let closing = "";
  let inString = false;
  let complete = { end: 0, closing: "" };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (inString) {
      if (sign === "\\") at++;
      else if (sign === '"') inString = false;
    } else if (sign === '"') {
      inString = true;
    } else if (sign === "{" || sign === "[") {
      closing = (sign === "{" ? "}" : "]") + closing;
    } else if (sign === "}" || sign === "]") {
      closing = closing.slice(1);
    } else if (sign === ",") {
      complete = { end: at, closing };
    }
  }
  return [text + (inString ? '"' : "") + closing, text.slice(0, complete.end) + complete.closing];
}
