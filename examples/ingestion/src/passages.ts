import { createHash } from "node:crypto";

/** A part of a document that is short enough to have one meaning. */
export interface Passage {
  /** The line where it starts, from 1. */
  readonly line: number;
  readonly text: string;
  /** A hash of its text: equal texts have one key, and need one embedding. */
  readonly key: string;
}

/** About as much as a small model reads of a text. */
export const maxCharacters = 600;

/** Change it with the way of splitting: then all documents are split again. */
const cutterVersion = "1";

/** Identifies a document's content, and how it is split. */
export const documentHash = (text: string): string => sha256(`${cutterVersion}\n${text}`);

/** Splits a document into passages of up to 600 characters: consecutive paragraphs within one section. */
export function cutIntoPassages(text: string): Passage[] {
  const passages: Passage[] = [];
  let open = { line: 1, text: "" };
  const close = (): void => {
    for (const chunk of split(open.text)) passages.push({ line: open.line, text: chunk, key: sha256(chunk) });
    open = { line: 1, text: "" };
  };
  for (const paragraph of paragraphs(text)) {
    const together = `${open.text} ${paragraph.text}`.trim();
    if (open.text !== "" && !paragraph.isHeading && together.length <= maxCharacters) open.text = together;
    else {
      close();
      open = paragraph;
    }
  }
  close();
  return passages;
}

interface Paragraph {
  readonly line: number;
  text: string;
  readonly isHeading: boolean;
}

/** Lines up to a blank one, or a heading; white space collapses to one blank. PostgreSQL cannot store U+0000. */
function* paragraphs(document: string): Generator<Paragraph> {
  let line = 1;
  for (const block of document.split(/(\r?\n(?:[^\S\n]*\r?\n)+|\r?\n(?=#{1,6} ))/)) {
    const text = block.replaceAll(/[\s\0]+/g, " ").trim();
    if (text !== "") yield { line, text, isHeading: /^\s*#{1,6} /.test(block) };
    line += block.split("\n").length - 1;
  }
}

/** Splits what is too long at the end of a sentence, else of a word, else between characters. */
function* split(words: string): Generator<string> {
  let rest = words;
  while (rest.length > maxCharacters) {
    const fitting = rest.slice(0, maxCharacters + 1);
    const sentence = fitting.search(/[.!?:;] (?!.*[.!?:;] )/) + 1;
    const word = fitting.lastIndexOf(" ");
    const character = maxCharacters - (/[\uD800-\uDBFF]/.test(fitting[maxCharacters - 1]!) ? 1 : 0);
    const end = sentence > maxCharacters / 2 ? sentence : word > 0 ? word : character;
    yield rest.slice(0, end);
    rest = rest.slice(end).trimStart();
  }
  if (rest !== "") yield rest;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
