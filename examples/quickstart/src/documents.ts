import { type Dirent, readdirSync } from "node:fs";
import { glob, readFile, stat } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
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
  return [...own, ...findInDependencies("node_modules/.pnpm").sort()];
}

async function find(root: string, patterns: readonly string[]): Promise<string[]> {
  const paths = await Array.fromAsync(glob(patterns, { cwd: root, exclude: inNodeModules }));
  return paths.map((path) => relative(root, join(root, path))).sort();
}

/** The README of each installed package, and its `docs`. Here `glob` takes half a second, most of it for links. */
function findInDependencies(store: string): string[] {
  return foldersIn(store)
    .flatMap((version) => foldersIn(join(version, "node_modules")))
    .flatMap((folder) => (basename(folder).startsWith("@") ? foldersIn(folder) : [folder]))
    .flatMap((folder) => entriesOf(folder).flatMap((entry) => documentsIn(folder, entry)));
}

function documentsIn(folder: string, entry: Dirent): string[] {
  const path = join(folder, entry.name);
  if (/^(README|readme|Readme)\.md$/.test(entry.name)) return [path];
  if (entry.name !== "docs" || !entry.isDirectory()) return [];
  const inDocs = readdirSync(join(repository, path), { recursive: true, encoding: "utf8" });
  return inDocs.filter((name) => name.endsWith(".md")).map((name) => join(path, name));
}

const foldersIn = (folder: string): string[] =>
  entriesOf(folder).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));

/** None where there is no such folder. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(join(repository, folder), { withFileTypes: true });
  } catch {
    return [];
  }
}

const inNodeModules = (path: string): boolean => /(^|[\\/])node_modules($|[\\/])/.test(path);

/** `node_modules/.pnpm/undici@8.12.4/node_modules/undici/README.md` is shown as `undici/README.md`. */
function shown(path: string): string {
  return path.replaceAll("\\", "/").replace(/^node_modules\/\.pnpm\/.*\/node_modules\//, "");
}
