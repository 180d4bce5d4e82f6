/** Counts the tokens of a text. */
export type CountTokens = (text: string) => number;

/** A first guess, which is corrected by counting. */
const charactersPerToken = 4;
/** Of a longer part, the last of so many parts of it may be left out: counting costs more than it is worth. */
const precision = 64;

/**
 * The end of a part of a text that begins at `start` and has at most so many tokens, at the end of a character as people see it: the
 * longest such part, or nearly. It is `start` if not even one character fits. Only parts of about that size are counted, as some
 * tokenizers take quadratic time for long words.
 *
 * @param end where the part ends at the latest
 */
export function fittingEnd(
  text: string,
  start: number,
  end: number,
  tokens: number,
  countTokens: CountTokens,
): number {
  let fitting = start;
  let tooFar = end + 1;
  let guess = start + tokens * charactersPerToken;
  while (tooFar - fitting > 1 + (tooFar > end ? 0 : (fitting - start) / precision)) {
    const character = characterAt(text, start, Math.min(guess, tooFar - 1));
    const at = character.start > fitting ? character.start : character.end;
    if (at >= tooFar) break;
    const count = countTokens(text.slice(start, at));
    if (count <= tokens) fitting = at;
    else tooFar = at;
    // By the tokens of this part.
    const likely = start + Math.floor(((at - start) * tokens) / Math.max(count, 1));
    // Twice as far at most, until it is too far; then between the two bounds, not too close to either.
    const margin = Math.floor((tooFar - fitting) / 8);
    guess =
      tooFar > end
        ? Math.min(likely + Math.ceil((at - start) / 8), start + 2 * (at - start))
        : Math.min(Math.max(likely, fitting + margin), tooFar - 1 - margin);
  }
  return fitting;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** Longer than any character that people see as one. */
const longestCharacter = 64;

/** The character that `at` is in or at the start of; empty at the end of the text. */
function characterAt(text: string, start: number, at: number): { start: number; end: number } {
  if (at >= text.length) return { start: at, end: at };
  // Between two letters of ASCII, as nearly always.
  if (text.charCodeAt(at) < 0x80 && text.charCodeAt(at - 1) < 0x80 && text[at] !== "\n") {
    return { start: at, end: at + 1 };
  }
  let from = Math.max(start, at - longestCharacter);
  if (isLowSurrogate(text, from)) from--;
  const found = graphemes.segment(text.slice(from, at + longestCharacter)).containing(at - from)!;
  return { start: from + found.index, end: from + found.index + found.segment.length };
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
