import type { Document } from "./documents.ts";

/** A piece of a document that is short enough to have one meaning. */
export interface Passage {
  readonly path: string;
  /** Where it starts, from 1. */
  readonly line: number;
  readonly text: string;
}

const maxCharacters = 600;
const minCharacters = 60;

/** Cuts a Markdown document at its headings and blank lines into passages of some hundred characters. */
export function cutIntoPassages({ path, text }: Document): Passage[] {
  const passages: Passage[] = [];
  let heading = "";
  let lines: string[] = [];
  let first = 0;
  let inCode = false;

  const close = (): void => {
    const body = plain(lines.join(" "));
    if (body.length >= minCharacters) {
      const whole = heading && !body.startsWith(heading) ? `${heading}: ${body}` : body;
      passages.push({ path, line: first + 1, text: whole.slice(0, maxCharacters) });
    }
    lines = [];
  };

  for (const [number, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(```|~~~)/.test(line)) {
      inCode = !inCode;
      continue;
    }
    if (inCode) continue;
    const title = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    const length = lines.reduce((sum, each) => sum + each.length + 1, 0);
    if (
      title !== undefined ||
      (line.trim() === "" && length > minCharacters) ||
      length + line.length > maxCharacters
    ) {
      close();
    }
    if (title !== undefined) {
      heading = plain(title);
    } else if (line.trim() !== "") {
      if (lines.length === 0) first = number;
      lines.push(line.trim());
    }
  }
  close();
  return passages;
}

/** The words of a piece of Markdown: links keep their text; images, tags and table rules go. */
function plain(markdown: string): string {
  return markdown
    .replaceAll(/<!--.*?-->|<[^>]+>/g, " ")
    .replaceAll(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, " ")
    .replaceAll(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replaceAll(/^\s*\[[^\]]+\]:.*$|https?:\S+/g, " ")
    .replaceAll(/[*_`~|#>]+|:?-{3,}:?/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/**
 * Up to `most` passages, the first of every document before the second of any: each document has its say
 * where there is not room for all.
 */
export function choosePassages(documents: readonly (readonly Passage[])[], most: number): Passage[] {
  const chosen: Passage[] = [];
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
