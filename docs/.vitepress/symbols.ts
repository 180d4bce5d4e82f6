import { globSync } from "node:fs";
import { join } from "node:path";
import type { SymbolKind } from "./symbol-uses.ts";

export interface ApiPage {
  /** From the root of the site, without an ending. */
  readonly link: string;
  readonly kind: SymbolKind;
}

/** The page of each exported symbol, as typedoc has written them; of two with one name, that of the shorter address. */
export function readSymbols(): ReadonlyMap<string, ApiPage> {
  const docs = join(import.meta.dirname, "..");
  const pages = globSync("api/**/{functions,classes,interfaces,type-aliases,variables}/*.md", { cwd: docs });
  const symbols = new Map<string, ApiPage>();
  const byLength = pages.toSorted((a, b) => b.length - a.length || b.localeCompare(a));
  for (const page of byLength) {
    const [, folder, name] = /([^/]+)\/([^/]+)\.md$/.exec(page)!;
    const kind = folder === "functions" ? "function" : "type";
    symbols.set(name!, { link: `/${page.replace(/\.md$/, "")}`, kind });
  }
  return symbols;
}
