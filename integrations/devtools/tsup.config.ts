import { buildSync } from "esbuild";
import { defineConfig, type Options } from "tsup";
import base from "../../tsup.config.base.ts";

/** The page as one script and one style sheet, which become constants of the server. */
const { outputFiles } = buildSync({
  entryPoints: ["src/page/ui/main.tsx"],
  bundle: true,
  minify: true,
  write: false,
  outdir: "dist",
  format: "esm",
  target: "es2022",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
});
const textOf = (ending: string): string => outputFiles.find(({ path }) => path.endsWith(ending))!.text;

const options = base as Options;

export default defineConfig({
  ...options,
  entry: {
    ...(options.entry as Record<string, string>),
    cli: "src/cli.ts",
    preload: "src/preload.ts",
  },
  define: {
    LLX_PAGE_SCRIPT: JSON.stringify(textOf(".js")),
    LLX_PAGE_STYLE: JSON.stringify(textOf(".css")),
  },
});
