import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "tsup";

/** One build for every published package: each entry of its `exports` map, and what it starts as a thread. */
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { import: { default: string } }>;
  optionalDependencies?: Record<string, string>;
};

const threads = readdirSync("src").filter((file) => file.endsWith("-worker.ts"));

const entries = Object.values(manifest.exports).flatMap((target) =>
  typeof target === "string"
    ? []
    : [target.import.default.replace("./dist/", "src/").replace(/\.js$/, ".ts")],
);

export default defineConfig({
  entry: [...entries, ...threads.map((file) => `src/${file}`)],
  external: Object.keys(manifest.optionalDependencies ?? {}),
  format: ["esm", "cjs"],
  target: "node22",
  platform: "node",
  dts: { entry: entries },
  clean: true,
  splitting: true,
  // `import.meta.url` in CommonJS.
  shims: true,
});
