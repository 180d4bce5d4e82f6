import type { Document } from "./documents.ts";

/** A part of a document that is short enough to have one meaning. */
export interface Passage {
  readonly path: string;
  /** The line it starts on, from 1. */
  readonly line: number;
  readonly text: string;
}

/** About as much of a text as the local model reads. */
export const maxCharacters = 600;
/** A shorter passage says too little to be found by. */
const minCharacters = 60;

/** Cuts a Markdown document at its headings and blank lines into passages of a few hundred characters. */
export function cutIntoPassages({ path, text }: Document): Passage[] {
  const passages: Passage[] = [];
  for (const { heading, line, words } of paragraphs(text.split(/\r?\n/))) {
    if (words.length < minCharacters) continue;
    const before = heading === "" ? "" : `${heading}: `;
    for (const part of split(words, maxCharacters - before.length)) {
      passages.push({ path, line, text: before + part });
    }
  }
  return passages;
}

interface Paragraph {
  /** The heading above it. */
  readonly heading: string;
  readonly line: number;
  readonly words: string;
}

/** Joins short paragraphs of one section, and short rows of a table; leaves out code. */
function* paragraphs(lines: readonly string[]): Generator<Paragraph> {
  let heading = "";
  let first = 0;
  let words = "";
  let inCode = false;
  /** The names of the columns, while in a table. */
  let columns: readonly string[] | undefined;
  for (const [number, line] of lines.entries()) {
    if (/^\s*(```|~~~)/.test(line)) inCode = !inCode;
    else if (!inCode) {
      if (isRule(lines[number + 1]) && line.includes("|")) {
        if (words !== "") yield { heading, line: first + 1, words };
        words = "";
        columns = cellsOf(line);
        continue;
      }
      if (columns !== undefined && isRule(line)) continue;
      if (columns !== undefined && line.includes("|")) {
        if (words === "") first = number;
        words = `${words} ${rowInWords(columns, cellsOf(line))}`.trim();
        if (words.length < minCharacters) continue;
        yield { heading, line: first + 1, words };
        words = "";
        continue;
      }
      columns = undefined;
      const title = /^#{1,6}\s+(.*)$/.exec(line)?.[1] ?? (isUnderlined(lines, number) ? line : undefined);
      const blank = line.trim() === "";
      if (title !== undefined || (blank && words.length >= minCharacters)) {
        if (words !== "") yield { heading, line: first + 1, words };
        words = "";
      }
      if (title !== undefined) heading = plain(title).slice(0, 100);
      else {
        const more = plain(line);
        if (more !== "" && words === "") first = number;
        words = `${words} ${more}`.trim();
      }
    }
  }
  if (words !== "") yield { heading, line: first + 1, words };
}

/** Whether it is the line under the names of a table's columns. */
function isRule(line: string | undefined): boolean {
  return line !== undefined && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(line) && line.includes("|");
}

function cellsOf(row: string): string[] {
  return row
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map(plain);
}

/** A row as a sentence, each cell with the name of its column: `option: workers; default: 4.` */
function rowInWords(columns: readonly string[], cells: readonly string[]): string {
  const named = cells.flatMap((cell, index) => {
    if (cell === "") return [];
    const column = columns[index] ?? "";
    return [column === "" ? cell : `${column}: ${cell}`];
  });
  const sentence = named.join("; ");
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Whether the next line makes this one a heading. */
function isUnderlined(lines: readonly string[], number: number): boolean {
  return /\w/.test(lines[number]!) && /^\s*(=+|-{2,})\s*$/.test(lines[number + 1] ?? "");
}

/** The words of a line of Markdown: links keep their text; images, URLs, tags and rules are removed. */
function plain(markdown: string): string {
  return (
    markdown
      .replaceAll(/<!--.*?-->|<[^>]+>/g, " ")
      .replaceAll(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, " ")
      .replaceAll(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, "$1")
      .replaceAll(/^\s*\[[^\]]+\]:.*$|https?:[^\s)]+/g, " ")
      .replaceAll(/^\s*[=-]{2,}\s*$|^\s*([-*+>]|\d+\.)\s+|:?-{2,}:?|[*_`~|#]+/g, " ")
      .replaceAll(/\s+/g, " ")
      // Where code or emphasis ended before it.
      .replaceAll(/ (?=[,;.:!?)]+(?: |$))|(?<=\() /g, "")
      .trim()
  );
}

/** Cuts a long paragraph at the end of a sentence, or else of a word. */
function* split(words: string, most: number): Generator<string> {
  let rest = words;
  while (rest.length > most) {
    const fitting = rest.slice(0, most + 1);
    const sentence = fitting.search(/[.!?:;] (?!.*[.!?:;] )/) + 1;
    const word = fitting.lastIndexOf(" ");
    const end = sentence > most / 2 ? sentence : word > 0 ? word : most;
    yield rest.slice(0, end);
    rest = rest.slice(end).trimStart();
  }
  if (rest !== "") yield rest;
}

/**
 * Up to `most` passages, the first of every document before the second of any, so that no document is left out early. Of
 * more documents than that, some of them all through the list have one.
 */
export function choosePassages(all: readonly (readonly Passage[])[], most: number): Passage[] {
  const chosen: Passage[] = [];
  const step = (index: number): number => Math.floor((index * most) / all.length);
  const documents = all.length <= most ? all : all.filter((_, index) => step(index + 1) > step(index));
  const longest = documents.reduce((length, passages) => Math.max(length, passages.length), 0);
  for (let rank = 0; rank < longest; rank++) {
    for (const passages of documents) {
      if (chosen.length === most) return chosen;
      const passage = passages[rank];
      if (passage) chosen.push(passage);
    }
  }
  return chosen;
}
