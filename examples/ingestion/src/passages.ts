import { createHash } from "node:crypto";
import type { EmbeddingModel } from "@llx/embeddings";
import { type SplitOptions, splitText } from "@llx/embeddings/passages";

/** A part of a document that is short enough to have one meaning. */
export interface Passage {
  /** The line where it starts, from 1. */
  readonly line: number;
  readonly text: string;
  /** A hash of its text: equal texts have one key, and need one embedding. */
  readonly key: string;
}

/** Change it with the way of splitting: then all documents are split again. */
const cutterVersion = "2";
const tokensOfPassage = 160;

/** Identifies a document's content, and how it is split. */
export const documentHash = (text: string): string => sha256(`${cutterVersion}\n${text}`);

/** Passages that the model reads to their end, counted with its tokenizer if it has one. */
export function passageSize({
  limits,
  countTokens,
}: Pick<EmbeddingModel, "limits" | "countTokens">): SplitOptions {
  const tokens = Math.min(tokensOfPassage, limits.tokensPerInput ?? tokensOfPassage);
  return { tokens, overlap: Math.floor(tokens / 8), countTokens };
}

/** Splits a document into passages after its sentences. None goes over a heading. */
export function cutIntoPassages(document: string, size: SplitOptions): Passage[] {
  const passages: Passage[] = [];
  let line = 1;
  for (const section of document.split(/(?<=\n)(?=#{1,6} )/)) {
    let read = 0;
    for (const { start, text } of splitText(section, size)) {
      line += lineEnds(section.slice(read, start));
      read = start;
      // White space collapses to one blank; PostgreSQL cannot store U+0000.
      const words = text.replaceAll(/[\s\0]+/g, " ").trim();
      if (words !== "") passages.push({ line, text: words, key: sha256(words) });
    }
    line += lineEnds(section.slice(read));
  }
  return passages;
}

function lineEnds(text: string): number {
  return text.split("\n").length - 1;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
