import { glob, readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mapJobs } from "@llx/async";
import { UsageError } from "./arguments.ts";

export interface Document {
  /** As shown: relative to the repository, or to the given folder. */
  readonly path: string;
  readonly text: string;
  /** Whether it belongs to a dependency of the repository. */
  readonly isForeign: boolean;
}

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Without a folder: the documents of this repository (but not its tables of figures) and of its dependencies. */
const ownPatterns = ["*.md", "{docs,packages,integrations,examples}/**/*.md"];
const dependencyPatterns = ["{README,readme,Readme}.md", "docs/**/*.md"].map(
  (pattern) => `node_modules/.pnpm/*/node_modules/{*,@*/*}/${pattern}`,
);

/** Reads the Markdown files of a folder, or the default ones; files with the same text count once. */
export async function readDocuments(folder: string | undefined, signal: AbortSignal): Promise<Document[]> {
  if (folder !== undefined) await checkFolder(folder);
  const root = folder === undefined ? repository : resolve(folder);
  const paths = folder === undefined ? await findDefault() : await find(root, ["**/*.md"]);
  const texts = await mapJobs(paths, (path) => readFile(join(root, path), { encoding: "utf8", signal }), {
    workers: 16,
    signal,
  });
  const documents = new Map(
    texts.map((text, index) => {
      const path = paths[index]!;
      return [text, { path: shown(path), text, isForeign: folder === undefined && inNodeModules(path) }];
    }),
  );
  if (documents.size === 0) throw new UsageError(`no Markdown files (*.md) in ${folder ?? repository}`);
  return [...documents.values()];
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) throw new UsageError(`no such folder: ${folder}`);
  if (!found.isDirectory()) throw new UsageError(`not a folder: ${folder}`);
}

async function findDefault(): Promise<string[]> {
  const own = await find(repository, ownPatterns);
  return [...own, ...(await find(repository, dependencyPatterns, () => false))];
}

async function find(root: string, patterns: readonly string[], exclude = inNodeModules): Promise<string[]> {
  const paths = await Array.fromAsync(glob(patterns, { cwd: root, exclude }));
  return paths.map((path) => relative(root, join(root, path))).sort();
}

const inNodeModules = (path: string): boolean => /(^|[\\/])node_modules($|[\\/])/.test(path);

/** `node_modules/.pnpm/undici@8.12.4/node_modules/undici/README.md` is shown as `undici/README.md`. */
function shown(path: string): string {
  return path.replaceAll("\\", "/").replace(/^node_modules\/\.pnpm\/.*\/node_modules\//, "");
}
