/** Up to this character, and the mean number of tokens of a character: other scripts have no words of one token. */
const scripts: readonly (readonly [end: number, tokens: number])[] = [
  [0x36f, 1.7],
  [0x3ff, 1.06], // Greek
  [0x52f, 0.46], // Cyrillic
  [0x5ff, 1.2], // Hebrew
  [0x8ff, 0.86], // Arabic
  [0xdff, 1.2], // Devanagari and its neighbours
  [0xe7f, 1], // Thai
  [0x1fff, 1.7],
  [0x206f, 0.55], // dashes, quotation marks
  [0x2fff, 1.7],
  [0x303f, 0.55], // punctuation of Chinese and Japanese
  [0x30ff, 1], // kana
  [0x9fff, 1.25], // Chinese characters
  [0xabff, 1.7],
  [0xd7ff, 1.17], // Hangul
  [0xdfff, 1.5], // halves of emoji and rare characters
  [0xfeff, 1.7],
  [0xffef, 0.55], // full width
  [0xffff, 1.7],
];

/** Frequent words, of which English prose has one in ten. */
const englishWords = /\b(?:the|of|and|to|in|is|a|for|that|be|are|with|or|as|on|by|this|it|an|not)\b/gi;
/** The least share of them among the words of a text that is taken for English. */
const englishShare = 0.08;

/** Frequent characters of traditional Chinese, which neither simplified Chinese nor Japanese has: it has more tokens. */
const traditional = /[們個這為來說對時還應與於無權將會設檔]/g;
const traditionalShare = 0.03;
const traditionalTokens = 0.3;

const none = 0;
const lower = 1;
const upper = 2;
const digit = 3;
const mark = 4;
const space = 5;

/**
 * Estimates the tokens of a text without a tokenizer: by its words, numbers, punctuation and the scripts of its other
 * characters. The means are those of `cl100k_base`, which the embedding models of OpenAI use: within 15 % of its counts
 * for prose, code and tables (see `benchmarks/README.md`). Other tokenizers differ, mostly in scripts that are not
 * Latin. For the limits of a request, see `TextMeasure`.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let words = 0;
  /** Letters of words beyond their fourth, and beyond their eighth. */
  let over4 = 0;
  let over8 = 0;
  /** Capitals after a capital. */
  let capitals = 0;
  /** Letters of scripts that write no words of Latin letters; and those of them that are Chinese. */
  let foreign = 0;
  let chinese = 0;
  let length = 0;
  let kind = none;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const before = kind;
    if (isLower(code) || isAccented(code)) {
      if (code > 127) tokens += 1.6;
      kind = lower;
      // A capital begins the word; the capitals before that are a word of their own.
      const isNew = before !== lower && (before !== upper || length > 1);
      length = isNew && before !== upper ? 1 : before === upper && length > 1 ? 2 : length + 1;
      if (isNew) words++;
      if (length > 4) over4++;
      if (length > 8) over8++;
    } else if (code >= 65 && code <= 90) {
      kind = upper;
      if (before !== upper) {
        words++;
        length = 1;
      } else if (length++ < 8) capitals++;
    } else if (code >= 48 && code <= 57) {
      // Numbers are cut into groups of three digits; the space before one is a token.
      kind = digit;
      if (before !== digit) {
        length = 0;
        if (before === space) tokens += 1.2;
      }
      if (length++ % 3 === 0) tokens += 1.2;
    } else if (code <= 32) {
      // One space belongs to the word after it.
      if (before === space) tokens += length++ === 1 ? 0.4 : 0;
      else length = 1;
      kind = code === 32 ? space : none;
    } else if (code < 128) {
      tokens += before === mark ? 0.15 : 0.9;
      kind = mark;
    } else {
      kind = none;
      tokens += tokensOf(code);
      if (code >= 0x370 && (code < 0x2000 || code > 0x303f)) foreign++;
      if (code > 0x30ff && code <= 0x9fff) chinese++;
    }
  }
  const isEnglish =
    foreign > words || (words > 0 && (text.match(englishWords)?.length ?? 0) >= englishShare * words);
  // In tables and code, words in capitals are names and short forms.
  tokens += isEnglish ? 0.95 * words + 0.7 * over8 : 0.5 * words + 0.43 * over4 + 0.2 * capitals;
  if (chinese > 0) {
    const found = text.match(traditional)?.length ?? 0;
    if (found >= traditionalShare * chinese) tokens += traditionalTokens * chinese;
  }
  return Math.max(1, Math.round(tokens));
}

function isLower(code: number): boolean {
  return code >= 97 && code <= 122;
}

/** Latin letters beyond ASCII, as in German and Vietnamese. */
function isAccented(code: number): boolean {
  return (code >= 0xc0 && code <= 0x24f) || (code >= 0x1e00 && code <= 0x1eff);
}

function tokensOf(code: number): number {
  let index = 0;
  while (scripts[index]![0] < code) index++;
  return scripts[index]![1];
}
