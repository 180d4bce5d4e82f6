import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface PublishedPackage {
  /** The name for installation. */
  readonly name: string;
  /** The last part of its folder, and of its page's address. */
  readonly slug: string;
  /** From the root of the repository. */
  readonly folder: string;
}

const rows = readFileSync(join(root, "README.md"), "utf8").matchAll(
  /^\| \[`(@llx\/[^`]+)`\]\(((?:packages|integrations)\/([^)]+))\)/gm,
);

/** The packages in the order of the root's README, which lists them from the bottom up. */
export const packages: readonly PublishedPackage[] = [...rows].map(([, name, folder, slug]) => ({
  name: name!,
  folder: folder!,
  slug: slug!,
}));

/** The README of a package, without its badges, which are external images. */
export function readPackagePage(folder: string): string {
  return readFileSync(join(root, folder, "README.md"), "utf8").replaceAll(/^\[?!\[.*shields\.io.*\n/gm, "");
}
