/** The most characters of a message that are shown. */
const maxLength = 300;

/** What is quoted; an apostrophe within a word quotes nothing. */
const quoted = /(?<!\w)(["'`])(?:(?!\1)[^\\]|\\.)*\1(?!\w)/gs;

/**
 * A service's message about a text that is not at hand: on one line, cut, and without what it quotes, as that may be the text.
 *
 * @param redact removes keys
 */
export function shownMessage(message: unknown, redact: (message: string) => string): string {
  if (typeof message !== "string") return "";
  const plain = redact(message)
    // Names of models and fields have no spaces, texts have.
    .replaceAll(quoted, (words) => (/\s/.test(words) ? "[…]" : words))
    .replaceAll(/\s+/g, " ")
    .trim();
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}
