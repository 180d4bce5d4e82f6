import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const guides = globSync("docs/guides/*.md").toSorted();
const sourcePath = /^<!-- from: (examples\/[\w-]+\/src\/[\w/-]+\.ts) -->$/;

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  /** The line before its fence. */
  readonly before: string;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  let start: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("```")) continue;
    if (start === undefined) {
      start = index;
      continue;
    }
    const language = lines[start]!.slice(3).trim();
    blocks.push({ language, lines: lines.slice(start + 1, index), before: lines[start - 1] ?? "" });
    start = undefined;
  }
  if (start !== undefined) throw new Error(`the block that begins in line ${start + 1} has no end`);
  return blocks;
}

/** Without the indentation that all lines have in common. */
function dedent(lines: readonly string[]): string {
  const filled = lines.filter((line) => line.trim() !== "");
  const common = Math.min(...filled.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(common).trimEnd()).join("\n");
}

/** Whether lines stand in a text one after another, be it deeper indented. */
function stands(lines: readonly string[], text: string): boolean {
  const all = text.split("\n");
  const wanted = dedent(lines);
  return all.some((_, start) => dedent(all.slice(start, start + lines.length)) === wanted);
}

/** What is wrong with a document's code: it must be that of an example. */
function wrongCode(markdown: string, read: (path: string) => string): string[] {
  return blocksOf(markdown).flatMap(({ language, lines, before }) => {
    if (!/^(ts|tsx|typescript|js|javascript)$/.test(language)) return [];
    const shown = lines.slice(0, 3).join("\n");
    const path = sourcePath.exec(before)?.[1];
    if (path === undefined) return [`no line says from which example this comes:\n${shown}`];
    return stands(lines, read(path)) ? [] : [`${path} does not have it like this:\n${shown}`];
  });
}

/** Links to files that are not there. */
function deadLinks(markdown: string, folder: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```$/gm, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1]!);
  return targets.filter(
    (target) => !/^([a-z]+:|#)/.test(target) && !existsSync(join(folder, target.replace(/#.*/, ""))),
  );
}

const readSource = (path: string): string => readFileSync(path, "utf8");

describe.each(guides)("%s", (path) => {
  const markdown = readSource(path);

  it("shows the examples' own code", () => {
    expect(wrongCode(markdown, readSource)).toEqual([]);
    expect(markdown).toContain("<!-- from: examples/");
  });

  it("has no dead links", () => {
    expect(deadLinks(markdown, dirname(path))).toEqual([]);
  });

  it("is listed in docs/README.md", () => {
    expect(readSource("docs/README.md")).toContain(`(${path.replace("docs/", "")})`);
  });
});

it("docs/README.md has no dead links", () => {
  expect(deadLinks(readSource("docs/README.md"), "docs")).toEqual([]);
});

describe("these checks", () => {
  const source = "function f() {\n  const a = 1;\n\n  if (a) {\n    g();\n  }\n}\n";
  const guide = (code: string, from = "<!-- from: examples/a/src/b.ts -->\n"): string =>
    `Words.\n\n${from}\`\`\`ts\n${code}\n\`\`\`\n`;
  const check = (markdown: string): number => wrongCode(markdown, () => source).length;

  it("find code at any depth, and nothing that differs", () => {
    expect(check(guide("const a = 1;\n\nif (a) {\n  g();\n}"))).toBe(0);
    expect(check(guide("const a = 2;\n\nif (a) {\n  g();\n}"))).toBe(1);
    expect(check(guide("const a = 1;\nif (a) {"))).toBe(1);
    expect(check(guide("if (a) {\ng();"))).toBe(1);
    expect(check(guide("g();", "<!-- from: elsewhere -->\n"))).toBe(1);
    expect(check(guide("g();", "<!-- from: examples/a/src/b.ts -->\n\n"))).toBe(1);
    expect(check("```\nany output\n```\n")).toBe(0);
    expect(() => check("```ts\nno end\n")).toThrow("line 1 has no end");
  });

  it("find links that lead nowhere", () => {
    const links =
      "[a](README.md) [b](README.md#x) [c](none.md) [d](https://a.example/x) [e](#x)\n```\n[f](no.md)\n```\n";
    expect(deadLinks(links, ".")).toEqual(["none.md"]);
  });
});
