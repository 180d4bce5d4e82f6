import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

interface EntryPoint {
  /** As users import it: `@llx/async` or `@llx/async/debug`. */
  readonly name: string;
  /** The absolute path of the source file behind it. */
  readonly source: string;
}

/** What users can import of the published packages, read from their `exports`. */
export const entryPoints: readonly EntryPoint[] = globSync("{packages,integrations}/*/package.json", {
  cwd: root,
})
  .toSorted()
  .flatMap((path) => {
    const { name, exports } = JSON.parse(readFileSync(join(root, path), "utf8")) as {
      name: string;
      exports: Record<string, string | { import: { default: string } }>;
    };
    return Object.entries(exports).flatMap(([part, target]) => {
      if (typeof target === "string") return [];
      const source = target.import.default.replace("./dist/", "src/").replace(/\.js$/, ".ts");
      return [{ name: name + part.slice(1), source: join(root, dirname(path), source) }];
    });
  });
