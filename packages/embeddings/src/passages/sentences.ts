/** A part of a text, by its first index and the one after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });
/** A line end, unless it begins an item of a list, a heading, a row of a table, a quotation or an indented line. */
const innerLineEnd = /\n(?![^\S\n]*(?:\n|[-*+•|#>]|\d+[.)]\s)|\t| {4})/g;

/**
 * The sentences of a text, without the white space around them, as Unicode finds them (UAX #29). A line end within a paragraph ends none,
 * as in texts that are wrapped; a blank line, a heading and an item of a list do.
 */
export function* sentencesOf(text: string): Generator<Span, void, undefined> {
  // Of equal length, so that places are the same.
  const unwrapped = text.replaceAll("\r", " ").replaceAll(innerLineEnd, " ");
  for (const { segment, index } of sentences.segment(unwrapped)) {
    const words = segment.trim();
    if (words === "") continue;
    const start = index + segment.indexOf(words);
    yield { start, end: start + words.length };
  }
}
