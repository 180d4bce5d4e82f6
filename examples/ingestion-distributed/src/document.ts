import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./arguments.ts";

/** A document's current state. */
export interface Document {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  /** Identifies its content. */
  readonly hash: string;
  readonly text: string;
}

/**
 * All Markdown and text files of a folder, sorted by their paths.
 *
 * @throws UsageError if there are none
 */
export async function findDocuments(folder: string): Promise<string[]> {
  const options = { cwd: folder, exclude: (path: string) => /(^|[\\/])(node_modules$|\.[^.])/.test(path) };
  const paths = await Array.fromAsync(glob("**/*.{md,txt}", options));
  // An unmounted folder looks like one whose documents were all removed.
  if (paths.length === 0) throw new UsageError(`no *.md or *.txt in ${folder}; the store is left as it is`);
  return paths.map((path) => path.replaceAll("\\", "/")).sort();
}

export async function readDocument(folder: string, path: string, signal: AbortSignal): Promise<Document> {
  const text = await readFile(join(folder, path), { encoding: "utf8", signal });
  return { path, text, hash: createHash("sha256").update(text).digest("hex") };
}

/** Its paragraphs; long ones are split. */
export function cutIntoPassages(text: string): string[] {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.replaceAll(/[\s\0]+/g, " ").trim());
  return paragraphs.flatMap(
    (paragraph) => paragraph.toWellFormed().match(/.{1,600}(?= |$)|.{1,600}/gu) ?? [],
  );
}
