import { glob, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Job, streamJobs } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { UsageError } from "./arguments.ts";
import { documentHash } from "./passages.ts";

export interface Document {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly hash: string;
}

declare module "@llx/callbacks" {
  interface EventPayloads {
    /** Reading a document. */
    read: { start: { path: string }; end: { characters?: number } };
  }
}

/**
 * The paths of all Markdown and text files, sorted, without hidden folders and installed packages.
 *
 * @throws UsageError if there are none
 */
export async function findDocuments(folder: string): Promise<string[]> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new UsageError(`no such folder: ${folder}`);
  if (!found.isDirectory()) throw new UsageError(`not a folder: ${folder}`);
  const options = { cwd: folder, exclude: (path: string) => /(^|[\\/])(node_modules$|\.[^.])/.test(path) };
  const paths = await Array.fromAsync(glob("**/*.{md,txt}", options));
  // An unmounted folder looks like one whose documents were all removed.
  if (paths.length === 0) throw new UsageError(`no *.md or *.txt in ${folder}; the store is left as it is`);
  return paths.map((path) => path.replaceAll("\\", "/")).sort();
}

interface ReadOptions {
  readonly manager: CallbackManager;
  readonly signal: AbortSignal;
  readonly showProgress: boolean;
}

/** Reads documents, several at once, as fast as they are consumed. */
export function readDocuments(
  folder: string,
  paths: readonly string[],
  { manager, signal, showProgress }: ReadOptions,
): AsyncGenerator<Document, void, undefined> {
  const read =
    (path: string): Job<Document> =>
    (context) =>
      manager.event("read", { path }, async (event) => {
        const text = await readFile(join(folder, path), { encoding: "utf8", signal: context.signal });
        event.set({ characters: text.length });
        return { path, text, hash: documentHash(text) };
      });
  const options = { workers: 8, buffer: 8, signal, showProgress, desc: "documents" };
  return streamJobs(paths.map(read), options);
}
