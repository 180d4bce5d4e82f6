import { Buffer } from "node:buffer";

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
/** Shorter values may be anybody's words. */
const leastKey = 4;
const leastValue = 8;
/** From so many characters on, a part of a key or of another value is recognised. */
const leastOfKey = 8;
const leastOfValue = 16;

/** Values to find, in all forms in which they may occur. */
interface Pattern {
  readonly mark: string;
  /** Those of which parts are found, one after another. */
  readonly long: string;
  readonly least: number;
  /** Those that are found as a whole. */
  readonly short: readonly string[];
}

/**
 * A foreign message on one line, cut to 300 characters, without the keys and texts that it may repeat: whole or in
 * part, in upper or lower case, quoted as JSON or HTML, and encoded for a URL, as base64 or as hex.
 */
export function redact(message: string, { keys, values = [], texts }: Sensitive): string {
  const line = unquote(message.slice(0, examined)).trim();
  // To encode texts takes time. Base64 and hex have long runs without a space.
  const mayBeEncoded = /[\w+/-]{22}/.test(line);
  const patterns = [
    ...secretPatterns({ keys, values }),
    pattern("[…]", texts, leastOfValue, leastOfValue, mayBeEncoded),
  ];
  const decoded = line.replaceAll(/\S*(?:%[\da-f]{2}|\w\+\w)\S*/gi, (run) => {
    const text = decodePercent(run);
    return replace(text, patterns) === cut(text) ? run : text;
  });
  return replace(decoded, patterns);
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
  const long = [...new Set(patterns.flatMap((each) => each.long.split("\0")))].join("\0");
  const short = patterns.flatMap((each) => each.short);
  return (message) => {
    const text = message.toLowerCase();
    // Any 8 characters contain 4 that begin at a multiple of 4.
    for (let index = 0; index + 4 <= text.length; index += 4) {
      if (long.includes(text.slice(index, index + 4))) return true;
    }
    return short.some((each) => text.includes(each)) || /[^\w. :-]/.test(text);
  };
}

function pattern(
  mark: string,
  values: readonly string[],
  shortest: number,
  least: number,
  isEncoded = true,
): Pattern {
  const forms = values
    .filter(({ length }) => length >= shortest)
    .flatMap((value) => variants(value).concat(isEncoded ? encodings(value) : []));
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
  let result = "";
  let index = 0;
  // One more than is shown, to see that something was cut.
  while (index < line.length && result.length <= maxLength) {
    const ends = patterns.map((each) => endOfMatch(folded, index, each));
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

function cut(line: string): string {
  return (line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line).toWellFormed();
}

/** Where the longest match ends that begins at an index; the index itself where there is none. */
function endOfMatch(text: string, start: number, { long, least, short }: Pattern): number {
  const whole = short.find((each) => text.startsWith(each, start));
  let end = start + least;
  let found = end > text.length ? -1 : long.indexOf(text.slice(start, end));
  if (found === -1) return start + (whole?.length ?? 0);
  while (found !== -1) {
    while (end < text.length && text[end] === long[found + end - start]) end++;
    if (end === text.length) break;
    found = long.indexOf(text.slice(start, end + 1), found + 1);
  }
  return end;
}

/** A value on one line, as it is, and as a quotation of it reads. */
function variants(value: string): string[] {
  return [oneLine(value), unquote(value), oneLine(value.toUpperCase())];
}

/** What a value looks like in hex and within base64, which depends on how many bytes precede it. */
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
 * Without the case of letters, and without what differs between base64 and its form for URLs. The length stays: an
 * index means the same.
 */
function fold(text: string): string {
  return text
    .replaceAll(/\p{Lu}/gu, (char) => {
      const lower = char.toLowerCase();
      return lower.length === char.length ? lower : char;
    })
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}

/** Decodes what was encoded for a URL, or for a form. */
function decodePercent(text: string): string {
  return oneLine(
    text
      .replaceAll("+", " ")
      // Encoded twice.
      .replaceAll(/%(?:25)+(?=[\da-f]{2})/gi, "%")
      .replaceAll(/(?:%[\da-f]{2})+/gi, (codes) =>
        Buffer.from(codes.replaceAll("%", ""), "hex").toString("utf8"),
      ),
  );
}

/** One line, without the escapes of JSON and HTML. */
function unquote(text: string): string {
  if (!/[\\&]/.test(text)) return oneLine(text);
  const unquoted = text
    .replaceAll(/\\+(?:u([\da-f]{4})|x([\da-f]{2}))/gi, (_, ...[unicode, byte]: string[]) =>
      String.fromCharCode(Number.parseInt(unicode ?? byte!, 16)),
    )
    .replaceAll(/\\+[nrt]/g, " ")
    .replaceAll(/\\+(["'/\\])/g, "$1")
    .replaceAll(/&(?:amp;)*(?:(quot|apos|lt|gt|amp|nbsp)|#(\d{1,6})|#x([\da-f]{1,5}));/gi, decodeEntity);
  return oneLine(unquoted);
}

function decodeEntity(_: string, ...[name, decimal, hex]: (string | undefined)[]): string {
  if (name !== undefined) return entities[name.toLowerCase()]!;
  return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal));
}

const entities: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
  amp: "&",
  nbsp: " ",
};

function oneLine(text: string): string {
  // Single spaces stay as they are: replacing each would take most of the time.
  return text.replaceAll(/[\s\p{Cc}]{2,}|[^\S ]|\p{Cc}/gu, " ");
}

/** Strings in a message of unknown origin that look like keys: long mixes of letters and digits, and bearer tokens. */
export function likelyKeys(message: string): string[] {
  const bearers = Array.from(message.matchAll(/\bBearer\s+(\S+)/gi), ([, token]) => token!);
  const runs = message.match(/[\w-]{16,}/g) ?? [];
  return [...bearers, ...runs.filter(looksLikeKey)];
}

/** Names of models, limits and addresses are words with signs between them. */
export function looksLikeKey(run: string): boolean {
  return run.split(/[-_]/).some((part) => part.length >= 16 && /\d/.test(part) && /[a-z]/i.test(part));
}
