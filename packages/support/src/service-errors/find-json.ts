/** JSON within a text, and what precedes it. */
export interface FoundJson {
  readonly before: string;
  readonly value: unknown;
}

/**
 * The object, or list of objects, that a text is or ends with: gateways append the response of another service to a
 * few words of their own. `undefined` if there is none.
 */
export function findJson(text: string): FoundJson | undefined {
  const start = text.search(/\{|\[\s*\{/);
  if (start === -1) return undefined;
  try {
    return { before: text.slice(0, start), value: JSON.parse(text.slice(start)) };
  } catch {
    return undefined;
  }
}

/** The value of a JSON text, even if its end is missing; `undefined` if it is not JSON. */
export function parseCutJson(text: string): unknown {
  const cut = /^\s*[[{]/.test(text) ? completions(text) : [];
  for (const each of [text, ...cut]) {
    try {
      return JSON.parse(each);
    } catch {
      // The next one may parse.
    }
  }
  return undefined;
}

/** A JSON text that was cut off: closed at its end, and closed before its last, incomplete member. */
function completions(text: string): string[] {
  let closing = "";
  let inString = false;
  let complete = { end: 0, closing: "" };
  for (let index = 0; index < text.length; index++) {
    const char = text[index]!;
    if (inString) {
      if (char === "\\") index++;
      else if (char === '"') inString = false;
    } else if (char === '"') {
      inString = true;
    } else if (char === "{" || char === "[") {
      closing = (char === "{" ? "}" : "]") + closing;
    } else if (char === "}" || char === "]") {
      closing = closing.slice(1);
    } else if (char === ",") {
      complete = { end: index, closing };
    }
  }
  return [text + (inString ? '"' : "") + closing, text.slice(0, complete.end) + complete.closing];
}
