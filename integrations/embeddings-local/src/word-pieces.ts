import { isObject, JsonFile, show } from "./json-file.ts";

/** The tokenizer of a BERT model: word pieces. */
export interface WordPieces {
  /** The ids of the tokens of a text, without the marks before and after it. */
  tokensOf(text: string): number[];
  /** The marks that the model adds before each text. */
  readonly before: readonly number[];
  /** Those after it. */
  readonly after: readonly number[];
  /** Whether it lowers the case of letters. */
  readonly lowercase: boolean;
}

/** The names of the marks by their ids, and how a text is split. */
interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly unknown: number;
  /** What a piece inside a word begins with. */
  readonly inside: string;
  /** A longer word is one piece, outside the vocabulary. */
  readonly longestWord: number;
}

/**
 * Reads `tokenizer.json`.
 *
 * @throws TypeError, with the field, for a tokenizer of another kind
 */
export function readWordPieces(path: string): WordPieces {
  const file = new JsonFile(path);
  const vocabulary = readVocabulary(file);
  const normalizer = part(file, "normalizer", "BertNormalizer");
  only(file, "normalizer.clean_text", normalizer["clean_text"], true);
  only(file, "normalizer.handle_chinese_chars", normalizer["handle_chinese_chars"], true);
  part(file, "pre_tokenizer", "BertPreTokenizer");
  const lowercase = normalizer["lowercase"] !== false;
  const stripAccents = (normalizer["strip_accents"] ?? lowercase) === true;
  const marks = readMarks(file);
  const mark =
    marks.size > 0
      ? new RegExp(
          `(${Array.from(marks.keys())
            .toSorted((one, other) => other.length - one.length)
            .map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
            .join("|")})`,
          "u",
        )
      : undefined;
  return {
    ...readFrame(file),
    lowercase,
    tokensOf: (text) =>
      // Every second part is a mark, which a text may contain itself.
      (mark === undefined ? [text] : text.split(mark)).flatMap((each, index) =>
        index % 2 === 1
          ? marks.get(each)!
          : wordsOf(each, lowercase, stripAccents).flatMap((word) => piecesOf(word, vocabulary)),
      ),
  };
}

/** Punctuation marks, and ideographs of languages without spaces, are separate words. */
function wordsOf(text: string, lowercase: boolean, stripAccents: boolean): string[] {
  let clean = text.replaceAll(/(?![\t\n\r])\p{C}|\uFFFD/gu, "").replaceAll(ideograph, " $& ");
  if (stripAccents) clean = clean.normalize("NFD").replaceAll(/\p{Mn}/gu, "");
  // Letter by letter: a word does not change the form of its last one.
  if (lowercase) clean = clean.replaceAll("\u03A3", "\u03C3").toLowerCase();
  return clean.match(/[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu) ?? [];
}

/** The blocks that BERT names; not Japanese syllables, nor Korean. */
const ideograph =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/** Takes the longest known piece, again and again; a word with an unknown part is one token. */
function piecesOf(word: string, { ids, unknown, inside, longestWord }: Vocabulary): number | number[] {
  const whole = ids.get(word);
  if (whole !== undefined) return whole;
  const characters = Array.from(word);
  if (characters.length > longestWord) return unknown;
  const pieces: number[] = [];
  for (let start = 0; start < characters.length;) {
    let end = characters.length;
    let id: number | undefined;
    for (; end > start; end--) {
      id = ids.get((start > 0 ? inside : "") + characters.slice(start, end).join(""));
      if (id !== undefined) break;
    }
    if (id === undefined) return unknown;
    pieces.push(id);
    start = end;
  }
  return pieces;
}

function readVocabulary(file: JsonFile): Vocabulary {
  const model = part(file, "model", "WordPiece");
  const { vocab, unk_token: unknownName = "[UNK]" } = model;
  if (!isObject(vocab)) throw file.problem(`model.vocab must be an object, not ${show(vocab)}`);
  const ids = new Map<string, number>();
  for (const [name, id] of Object.entries(vocab)) {
    if (!isId(id)) throw file.problem(`model.vocab has ${show(id)} for ${show(name)}`);
    ids.set(name, id);
  }
  const unknown = ids.get(unknownName as string);
  if (unknown === undefined) {
    throw file.problem(`model.unk_token is ${show(unknownName)}, which is not in the vocabulary`);
  }
  const { continuing_subword_prefix: inside = "##", max_input_chars_per_word: longestWord = 100 } = model;
  if (typeof inside !== "string") {
    throw file.problem(`model.continuing_subword_prefix must be a string, not ${show(inside)}`);
  }
  if (!isId(longestWord)) {
    throw file.problem(`model.max_input_chars_per_word must be a whole number, not ${show(longestWord)}`);
  }
  return { ids, unknown, inside, longestWord };
}

function readMarks(file: JsonFile): ReadonlyMap<string, number> {
  const { added_tokens: added = [] } = file.fields;
  if (!Array.isArray(added)) throw file.problem(`added_tokens must be a list, not ${show(added)}`);
  const marks = new Map<string, number>();
  for (const token of added as readonly unknown[]) {
    if (!isObject(token) || typeof token["content"] !== "string" || !isId(token["id"])) {
      throw file.problem(`added_tokens has ${show(token)}`);
    }
    for (const option of ["single_word", "lstrip", "rstrip", "normalized"]) {
      only(file, `added_tokens: ${option} of ${show(token["content"])}`, token[option], false);
    }
    if (token["content"] !== "") marks.set(token["content"], token["id"]);
  }
  return marks;
}

/** The marks around a text. */
function readFrame(file: JsonFile): Pick<WordPieces, "before" | "after"> {
  const processor = file.fields["post_processor"];
  if (isObject(processor) && processor["type"] === "BertProcessing") {
    const ids = [processor["cls"], processor["sep"]].map((mark): unknown => Array.isArray(mark) && mark[1]);
    if (ids.every(isId)) return { before: [ids[0]!], after: [ids[1]!] };
  }
  const { single, special_tokens: special } = part(file, "post_processor", "TemplateProcessing");
  const before: number[] = [];
  const after: number[] = [];
  let isAfter = false;
  for (const piece of Array.isArray(single) ? (single as readonly unknown[]) : []) {
    if (isObject(piece) && isObject(piece["Sequence"]) && !isAfter) {
      isAfter = true;
      continue;
    }
    const name = isObject(piece) && isObject(piece["SpecialToken"]) ? piece["SpecialToken"]["id"] : undefined;
    const mark: unknown = isObject(special) && typeof name === "string" ? special[name] : undefined;
    const ids: unknown = isObject(mark) ? mark["ids"] : undefined;
    if (!Array.isArray(ids) || !ids.every(isId)) {
      throw file.problem(`post_processor.single has ${show(piece)}`);
    }
    (isAfter ? after : before).push(...ids);
  }
  if (!isAfter) throw file.problem("post_processor.single has no place for the text");
  return { before, after };
}

/** A part of the tokenizer, which must be of the kind that BERT has. */
function part(file: JsonFile, name: string, type: string): Readonly<Record<string, unknown>> {
  const value = file.fields[name];
  const found = isObject(value) ? value["type"] : undefined;
  if (!isObject(value) || found !== type) {
    throw file.problem(`${name}.type is ${show(found)}, and only ${show(type)} is supported`);
  }
  return value;
}

function only(file: JsonFile, name: string, value: unknown, allowed: boolean): void {
  if (value !== undefined && value !== allowed) {
    throw file.problem(`${name} is ${show(value)}, and only ${allowed} is supported`);
  }
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
