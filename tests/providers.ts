import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** The parts of a `package.json` that tests look at. */
export interface Manifest {
  readonly name: string;
  readonly keywords: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Manifest;
}

/**
 * Providers of embeddings over HTTP, by name, from their folders; a model on this machine and bridges to other libraries
 * are of other kinds.
 */
export const providers: readonly string[] = globSync("integrations/embeddings-*")
  .filter((folder) => "@llx/http" in (readManifest(folder).dependencies ?? {}))
  .map((folder) => basename(folder).replace("embeddings-", ""))
  .toSorted();
