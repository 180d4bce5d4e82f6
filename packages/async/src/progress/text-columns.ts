const noColumn = /\p{M}|\p{Cf}/u;
const twoColumns =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303F\uFF01-\uFF60]/u;

/** The width of a text in columns of a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

/** The text, cut to at most that many columns. */
export function clip(text: string, columns: number): string {
  let left = columns;
  let end = 0;
  for (const character of text) {
    left -= columnsOfOne(character);
    if (left < 0) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** The text, cut to at most that many columns: after a word if one ends in the second half, and marked with `…`. */
export function shorten(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const cut = clip(text, columns - 1);
  const lastSpace = text.startsWith(" ", cut.length) ? cut.length : cut.lastIndexOf(" ");
  const end = 2 * lastSpace >= cut.length ? lastSpace : cut.length;
  return `${cut.slice(0, end).replace(/[\s\p{P}]+$/u, "")}…`;
}

/** The text, followed by spaces up to that many columns. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

function columnsOfOne(character: string): number {
  if (noColumn.test(character)) return 0;
  return twoColumns.test(character) ? 2 : 1;
}
