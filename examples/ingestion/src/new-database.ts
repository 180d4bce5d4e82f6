import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";

/** Installed packages keep here what they can make again. */
const cacheFolder = fileURLToPath(new URL("../node_modules/.cache/llx", import.meta.url));

/**
 * Makes a new database in a directory that does not exist yet. PGlite computes for seconds to initialise one, and needs as
 * much memory as for all the rest; so that is done once, and copied from then on.
 */
export async function makeDatabase(
  directory: string,
  cache: string = cacheFolder,
  initialise: (directory: string) => Promise<void> = initialiseDatabase,
): Promise<void> {
  const kept = await keepDatabase(cache, initialise);
  if (kept === undefined) await initialise(directory);
  else copyFolder(kept, directory);
}

/** The empty database in the cache, which nothing opens; `undefined` where the cache cannot be written. */
async function keepDatabase(
  cache: string,
  initialise: (directory: string) => Promise<void>,
): Promise<string | undefined> {
  const kept = join(cache, `pglite-${installedVersion()}`);
  if (existsSync(kept)) return kept;
  const unfinished = `${kept}-of-${process.pid}`;
  try {
    await mkdir(cache, { recursive: true });
    await rm(unfinished, { recursive: true, force: true });
    await initialise(unfinished);
    // Complete from the moment that it has its name.
    await rename(unfinished, kept);
  } catch {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {});
    // Another process may have been faster.
    if (!existsSync(kept)) return undefined;
  }
  return kept;
}

/** Of a thousand files, in less than half the time that `cpSync` takes: it is called on a thread of its own. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, target);
    else copyFileSync(source, target);
  }
}

async function initialiseDatabase(directory: string): Promise<void> {
  const made = await PGlite.create(directory);
  await made.close();
}

/** Versions may have different files. */
function installedVersion(): string {
  const manifest = findPackageJSON("@electric-sql/pglite", import.meta.url)!;
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}
