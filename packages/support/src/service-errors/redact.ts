import { Buffer } from "node:buffer";
import { decodePercent, oneLine, unquote } from "./unquote.ts";

/** What an error message must not show. */
export interface Sensitive {
  /** Keys and passwords: any part of 8 characters or more, and shorter ones as a whole, become `[redacted]`. */
  readonly keys: readonly string[];
  /** Other values that were sent, such as those of headers: any part of 16 or more, and shorter ones as a whole. */
  readonly values?: readonly string[];
  /** The user's texts: any part of 16 characters or more becomes `[…]`. */
  readonly texts: readonly string[];
}

/** How many characters of a message are shown, and how many are examined. */
const maxLength = 300;
const examined = 20_000;
/** Shorter values may be common words. */
const leastKey = 4;
const leastValue = 8;
/** The minimum length at which a part of a key or of another value is recognised. */
const leastOfKey = 8;
const leastOfValue = 16;

/** Values to find, in every form in which they may occur. */
interface Pattern {
  readonly mark: string;
  /** Values of which parts are found, concatenated. */
  readonly long: string;
  readonly least: number;
  /** Values that are found as a whole. */
  readonly short: readonly string[];
}

/**
 * A foreign message on one line, cut to 300 characters, without the keys and texts that it may repeat: whole or in
 * part, in upper or lower case, quoted as JSON or HTML, and encoded for a URL, as base64 or as hex.
 */
export function redact(message: string, { keys, values = [], texts }: Sensitive): string {
  const line = unquote(message.slice(0, examined)).trim();
  const textPattern = pattern("[…]", texts, leastOfValue, leastOfValue, false);
  const patterns = [...secretPatterns({ keys, values }), textPattern];
  const decoded = line.replaceAll(/\S+/g, (run) => {
    if (!/%[\da-f]{2}|\w\+\w/i.test(run)) return run;
    const text = decodePercent(run);
    return replace(text, patterns) === cut(text) ? run : text;
  });
  const plain = decoded.replaceAll(/[\w+/-]{22,}/g, (run, index: number) =>
    isEncodedText(run, index, textPattern) ? textPattern.mark : run,
  );
  return replace(plain, patterns);
}

function secretPatterns({ keys, values = [] }: Omit<Sensitive, "texts">): readonly Pattern[] {
  return [
    pattern("[redacted]", keys, leastKey, leastOfKey),
    pattern("[redacted]", values, leastValue, leastOfValue),
  ];
}

/**
 * Makes a function that says whether {@link redact} may find a key or another value in a short message, such as an id.
 * It is fast, and `false` is certain.
 */
export function secretFilter(secrets: Omit<Sensitive, "texts">): (message: string) => boolean {
  const patterns = secretPatterns(secrets);
  const short = patterns.flatMap((each) => each.short);
  const long = patterns.map((each) => each.long).join("\0");
  // Any 8 characters contain 4 that begin at a multiple of 4. Their hashes exclude most ids without a string.
  const hashes = new Uint8Array(16_384);
  for (let index = 0; index + 4 <= long.length; index++) hashes[hashAt(long, index)] = 1;
  return (message) => {
    const text = message.toLowerCase();
    for (let index = 0; index + 4 <= text.length; index += 4) {
      if (hashes[hashAt(text, index)] === 1 && long.includes(text.slice(index, index + 4))) return true;
    }
    return short.some((each) => text.includes(each)) || /[^\w. :-]/.test(text);
  };
}

/** A number below 16,384 for 4 characters. */
function hashAt(text: string, index: number): number {
  const [a, b] = [text.charCodeAt(index), text.charCodeAt(index + 1)];
  return (((a * 31 + b) * 31 + text.charCodeAt(index + 2)) * 31 + text.charCodeAt(index + 3)) & 16_383;
}

function pattern(
  mark: string,
  values: readonly string[],
  shortest: number,
  least: number,
  withEncodings = true,
): Pattern {
  const forms = values
    .filter(({ length }) => length >= shortest)
    .flatMap((value) => variants(value).concat(withEncodings ? encodings(value) : []));
  const folded = [...new Set(forms.map(fold))];
  return {
    mark,
    long: folded.filter(({ length }) => length >= least).join("\0"),
    least,
    short: folded.filter(({ length }) => length < least),
  };
}

function replace(line: string, patterns: readonly Pattern[]): string {
  const folded = fold(line);
  const mayMatch = patterns.map((each) => candidates(folded, each));
  let result = "";
  let index = 0;
  // One more than is shown, to see that something was cut.
  while (index < line.length && result.length <= maxLength) {
    const ends = patterns.map((each, at) => endOfMatch(folded, index, each, mayMatch[at]!));
    const found = patterns.find((_, at) => ends[at]! > index);
    if (found === undefined) {
      result += line[index++];
    } else {
      if (!result.endsWith(found.mark)) result += found.mark;
      index = Math.max(...ends);
    }
  }
  return cut(result);
}

/**
 * Makes a function that says whether a part of a long value may begin at an index. A part of 2n characters contains n that
 * begin at a multiple of n: so one search in all texts, which may have megabytes, serves n indexes.
 */
function candidates(text: string, { long, least }: Pattern): (start: number) => boolean {
  const size = least / 2;
  const found = new Map<number, boolean>();
  return (start) => {
    const index = Math.ceil(start / size) * size;
    let isFound = found.get(index);
    if (isFound === undefined) {
      isFound = long.includes(text.slice(index, index + size));
      found.set(index, isFound);
    }
    return isFound;
  };
}

function cut(line: string): string {
  return (line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line).toWellFormed();
}

/** Where the longest match ends that begins at an index; the index itself where there is none. */
function endOfMatch(
  text: string,
  start: number,
  { long, least, short }: Pattern,
  mayMatch: (start: number) => boolean,
): number {
  const whole = short.find((each) => text.startsWith(each, start));
  let end = start + least;
  let found = end > text.length || !mayMatch(start) ? -1 : long.indexOf(text.slice(start, end));
  if (found === -1) return start + (whole?.length ?? 0);
  while (found !== -1) {
    while (end < text.length && text[end] === long[found + end - start]) end++;
    if (end === text.length) break;
    found = long.indexOf(text.slice(start, end + 1), found + 1);
  }
  return end;
}

/** From this index on, a run that may be encoded is not examined but left out. */
const decodedUpTo = 1_000;
/** How much of a run is decoded, in characters. */
const decodedOfRun = 400;

/** Whether a run of letters and digits is base64 or hex of a part of a text. */
function isEncodedText(run: string, index: number, texts: Pattern): boolean {
  if (texts.long === "") return false;
  if (index > decodedUpTo) return true;
  const start = run.slice(0, decodedOfRun);
  const hex = /^[\da-f]+$/i.test(start) ? [0, 1].map((skip) => Buffer.from(start.slice(skip), "hex")) : [];
  const base64 = [0, 1, 2, 3].map((skip) => Buffer.from(start.slice(skip), "base64"));
  return [...hex, ...base64].some((bytes) => {
    // A part may begin and end within a character.
    const text = oneLine(bytes.toString("utf8").slice(3, -3));
    // Anything but base64 decodes to bytes that are not text.
    return !text.includes("\uFFFD") && replace(text, [texts]) !== cut(text);
  });
}

/** A value on one line, as it is and as quoted. */
function variants(value: string): string[] {
  const plain = [oneLine(value), unquote(value)];
  // The upper case of some letters is two letters.
  return /[^\0-\x7f]/.test(value) ? [...plain, oneLine(value.toUpperCase())] : plain;
}

/** The forms of a value in hex and in base64, which depend on how many bytes precede it. */
function encodings(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    bytes.toString("hex"),
    ...[0, 1, 2].map((before) => {
      const base64 = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
      // Without the characters that depend on what precedes and follows.
      return base64.slice(before && before + 1).replace(/.?=+$/, "");
    }),
  ].filter(({ length }) => length >= leastValue);
}

/**
 * Ignores case, and the differences between base64 and base64url. The length stays: an
 * index means the same in both.
 */
function fold(text: string): string {
  return lowerCase(text).replaceAll("+", "-").replaceAll("/", "_");
}

function lowerCase(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return text.replaceAll(/\p{Lu}/gu, (char) => {
    const each = char.toLowerCase();
    return each.length === char.length ? each : char;
  });
}
