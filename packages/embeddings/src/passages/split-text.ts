import { checkCount, checkFunction, checkNames, describeKind, type NamesOf } from "@llx/support";
import { TextMeasure } from "../plan/text-measure.ts";
import { type CountTokens, fittingEnd } from "./fitting-end.ts";
import { sentencesOf, type Span } from "./sentences.ts";

/** How a text is split. */
export interface SplitOptions {
  /** The most tokens of a passage. */
  readonly tokens: number;
  /**
   * The most tokens that a passage repeats of the one before it: its last sentences, whole. At most half of `tokens`.
   *
   * @default 0
   */
  readonly overlap?: number | undefined;
  /**
   * Counts the tokens of a text as the model does.
   *
   * @default an estimate that is high rather than low
   */
  readonly countTokens?: CountTokens | undefined;
}

/** A part of a text that a model reads at once. */
export interface Passage {
  /** As it stands in the text, line ends included. */
  readonly text: string;
  /** Where it starts in the text, as an index of the string. */
  readonly start: number;
  /** Where it ends: `text.slice(start, end)` is the passage. */
  readonly end: number;
  /** Its tokens, by `countTokens`. */
  readonly tokens: number;
}

const names: NamesOf<SplitOptions> = { tokens: true, overlap: true, countTokens: true };

/**
 * Splits a text into passages of at most so many tokens. It ends a passage after a sentence; a sentence that is longer than a
 * passage is cut between words, and a word that is longer between characters. Nothing but white space is left out.
 *
 * @throws TypeError or RangeError for invalid options, and for a character with more tokens than a passage may have
 */
export function splitText(text: string, options: SplitOptions): Passage[] {
  if (typeof text !== "string") throw new TypeError(`the text must be a string, not ${describeKind(text)}`);
  const { tokens, overlap, countTokens } = checkOptions(options);
  const sentences = [...piecesOf(text, tokens, countTokens)];
  const passages: Passage[] = [];
  for (let first = 0; first < sentences.length;) {
    const [last, size] = lastOf(text, sentences, first, tokens, countTokens);
    const { start } = sentences[first]!;
    const { end } = sentences[last]!;
    passages.push({ text: text.slice(start, end), start, end, tokens: size });
    if (last === sentences.length - 1) break;
    first = nextFirst(sentences, first, last, tokens, overlap);
  }
  return passages;
}

interface Piece extends Span {
  readonly tokens: number;
}

/** The sentences of a text, each cut into pieces that fit into a passage. */
function* piecesOf(text: string, tokens: number, countTokens: CountTokens): Generator<Piece> {
  for (const sentence of sentencesOf(text)) {
    let { start } = sentence;
    while (start < sentence.end) {
      const end = pieceEnd(text, start, sentence.end, tokens, countTokens);
      const piece = text.slice(start, end).trimEnd();
      yield { start, end: start + piece.length, tokens: countTokens(piece) };
      start = end + text.slice(end, sentence.end).search(/\S|$/);
    }
  }
}

/** Where the next piece of a sentence ends: with the sentence, else before a word, else before a character. */
function pieceEnd(
  text: string,
  start: number,
  end: number,
  tokens: number,
  countTokens: CountTokens,
): number {
  const fitting = fittingEnd(text, start, end, tokens, countTokens);
  if (fitting === start) {
    const character = String.fromCodePoint(text.codePointAt(start)!);
    throw new RangeError(
      `tokens is ${tokens}, and the character at ${start} alone has ${countTokens(character)}; allow more tokens`,
    );
  }
  if (fitting === end || /\s/.test(text[fitting]!)) return fitting;
  const blank = text.slice(start, fitting).search(/\s\S*$/);
  return blank > 0 ? start + blank : fitting;
}

/** The last piece of the passage that begins with `first`, and the tokens of the passage. */
function lastOf(
  text: string,
  pieces: readonly Piece[],
  first: number,
  tokens: number,
  countTokens: CountTokens,
): [last: number, tokens: number] {
  const { start, tokens: alone } = pieces[first]!;
  let last = first;
  // Their sum is seldom less than the tokens of the passage.
  for (let sum = alone; last + 1 < pieces.length; last++) {
    sum += pieces[last + 1]!.tokens;
    if (sum > tokens) break;
  }
  for (; last > first; last--) {
    const size = countTokens(text.slice(start, pieces[last]!.end));
    if (size <= tokens) return [last, size];
  }
  return [first, alone];
}

/** The piece that the next passage begins with: of those before the next one, as many as the overlap has room for. */
function nextFirst(
  pieces: readonly Piece[],
  first: number,
  last: number,
  tokens: number,
  overlap: number,
): number {
  let next = last + 1;
  let repeated = 0;
  while (next - 1 > first) {
    repeated += pieces[next - 1]!.tokens;
    // The next passage must have room for a piece that is not in this one.
    if (repeated > overlap || repeated + pieces[last + 1]!.tokens > tokens) break;
    next--;
  }
  return next;
}

function checkedCount(tokens: unknown): number {
  if (Number.isSafeInteger(tokens) && (tokens as number) >= 0) return tokens as number;
  throw new TypeError(`countTokens must return a whole number from 0, not ${describeKind(tokens)}`);
}

function checkOptions(options: SplitOptions): {
  readonly tokens: number;
  readonly overlap: number;
  readonly countTokens: CountTokens;
} {
  checkNames(options, names, {
    chunkSize: "use tokens",
    chunkOverlap: "use overlap",
    maxTokens: "use tokens",
    tokenizer: "use countTokens",
  });
  const { tokens, overlap = 0, countTokens } = options;
  checkCount("tokens", tokens);
  checkCount("overlap", overlap, 0);
  if (overlap > tokens / 2) {
    throw new RangeError(`overlap must be at most half of tokens, which is ${tokens}, not ${overlap}`);
  }
  if (countTokens !== undefined) checkFunction("countTokens", countTokens);
  const measure = new TextMeasure(countTokens);
  return { tokens, overlap, countTokens: (part: string) => checkedCount(measure.of(part).tokens) };
}
