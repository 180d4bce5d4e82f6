import { globSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { transform } from "esbuild";
import { defineConfig } from "tsup";

/** One build for every published package: each entry of its `exports` map, and what it starts as a thread. */
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { import: { default: string } }>;
  optionalDependencies?: Record<string, string>;
};

/** Files that start as threads: `src/blocking/blocking-worker.ts` becomes `dist/blocking-worker.js`. */
const threads = globSync("src/**/*-worker.ts");

const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === "string"
    ? []
    : [target.import.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")],
);

export default defineConfig({
  entry: Object.fromEntries([...entries, ...threads].map((file) => [basename(file, ".ts"), file])),
  external: Object.keys(manifest.optionalDependencies ?? {}),
  format: ["esm", "cjs"],
  target: "node22",
  platform: "node",
  // Private, so bundled into each package that uses it. Its types must not be in a public signature.
  noExternal: ["@llx/support"],
  dts: { entry: entries },
  clean: true,
  splitting: true,
  onSuccess: writeCommonJs,
});

/**
 * Makes the CommonJS files of the ES modules. tsup's own come by way of sucrase, where they share chunks: that renames
 * classes to `_class5`, which errors and `console.log` then show, and calls a function for each `??` and `?.`, which
 * made jobs three times as slow. Declarations for CommonJS are tsup's.
 */
async function writeCommonJs(): Promise<void> {
  const files = readdirSync("dist");
  for (const file of files.filter((name) => name.endsWith(".cjs"))) rmSync(`dist/${file}`);
  // Threads are started as ES modules by both.
  for (const file of files.filter((name) => name.endsWith(".js") && !name.endsWith("-worker.js"))) {
    // An import for its effects, of a chunk that has none: bundlers warn of it.
    const module = readFileSync(`dist/${file}`, "utf8").replaceAll(/^import "\.\/chunk-[^"]+";\n/gm, "");
    writeFileSync(`dist/${file}`, module);
    // oxlint-disable-next-line no-await-in-loop -- it takes no time
    const { code } = await transform(module, {
      format: "cjs",
      platform: "node",
      target: "node22",
      define: { "import.meta.url": "moduleUrl" },
    });
    const head = code.includes("moduleUrl")
      ? 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;\n'
      : "";
    const linked = code.replaceAll(/((?:require|import)\("\.\/[^"]+)\.js"\)/g, '$1.cjs")');
    writeFileSync(`dist/${file.replace(/js$/, "cjs")}`, head + linked);
  }
}
