import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./arguments.ts";

/** A document as it is now. */
export interface Document {
  /** From the folder on, with slashes. */
  readonly path: string;
  /** Stands for what it says. */
  readonly hash: string;
  readonly text: string;
}

/**
 * All Markdown and text files of a folder, sorted by their paths.
 *
 * @throws UsageError where there is none
 */
export async function findDocuments(folder: string): Promise<string[]> {
  const options = { cwd: folder, exclude: (path: string) => /(^|[\\/])(node_modules$|\.[^.])/.test(path) };
  const paths = await Array.fromAsync(glob("**/*.{md,txt}", options));
  // A folder that is not mounted looks like one whose documents were all removed.
  if (paths.length === 0) throw new UsageError(`no *.md or *.txt in ${folder}; the store is left as it is`);
  return paths.map((path) => path.replaceAll("\\", "/")).sort();
}

export async function readDocument(folder: string, path: string, signal: AbortSignal): Promise<Document> {
  const text = await readFile(join(folder, path), { encoding: "utf8", signal });
  return { path, text, hash: createHash("sha256").update(text).digest("hex") };
}

/** Its paragraphs; a long one is cut. */
export function cutIntoPassages(text: string): string[] {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.replaceAll(/[\s\0]+/g, " ").trim());
  return paragraphs.flatMap(
    (paragraph) => paragraph.toWellFormed().match(/.{1,600}(?= |$)|.{1,600}/gu) ?? [],
  );
}
