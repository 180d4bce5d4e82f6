import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { blocksOf, originOf } from "./markdown-blocks.ts";

const guides = globSync("docs/guides/*.md").toSorted();

/** Without the indentation that all lines have in common. */
function dedent(lines: readonly string[]): string {
  const filled = lines.filter((line) => line.trim() !== "");
  const common = Math.min(...filled.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(common).trimEnd()).join("\n");
}

/** Whether a text contains lines in sequence, possibly indented further. */
function stands(lines: readonly string[], text: string): boolean {
  const all = text.split("\n");
  const wanted = dedent(lines);
  return all.some((_, start) => dedent(all.slice(start, start + lines.length)) === wanted);
}

/**
 * What is wrong with a document's blocks: code must be that of an example. What is printed must be what a program
 * prints (guide-programs.test.ts compares it), or a comment must say why nobody checks it.
 */
function wrongBlocks(markdown: string, read: (path: string) => string): string[] {
  return blocksOf(markdown).flatMap((block) => {
    const { language, lines, before } = block;
    const shown = lines.slice(0, 3).join("\n");
    const origin = originOf(block);
    switch (language) {
      case "ts":
        if (origin?.kind !== "from") return [`no line says from which example this comes:\n${shown}`];
        return stands(lines, read(origin.path))
          ? []
          : [`${origin.path} does not have it like this:\n${shown}`];
      case "":
        if (origin?.kind.startsWith("prints") || /^<!-- not checked: \S.* -->$/.test(before)) return [];
        return [`no line says which program prints this, or why that is not checked:\n${shown}`];
      case "sh":
      case "python":
      case "json":
        return [];
      default:
        return [`a block is ts, sh, python, json or what is printed, not ${language}:\n${shown}`];
    }
  });
}

/** The anchors that GitHub creates for a document's headings. */
function anchorsOf(markdown: string): string[] {
  const headings = withoutBlocks(markdown).matchAll(/^#{1,6} (.*)$/gm);
  return [...headings].map(([, words]) =>
    words!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutBlocks(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

/** Links to missing files, or to missing headings of Markdown files. */
function deadLinks(markdown: string, folder: string): string[] {
  const targets = [...withoutBlocks(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1]!);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path, anchor] = target.split("#") as [string, string?];
    const file = join(folder, path);
    if (!existsSync(file)) return true;
    if (anchor === undefined) return false;
    const page = statSync(file).isDirectory() && path !== "" ? join(file, "README.md") : file;
    return !anchorsOf(path === "" ? markdown : readSource(page)).includes(anchor);
  });
}

const readSource = (path: string): string => readFileSync(path, "utf8");

describe.each(guides)("%s", (path) => {
  const markdown = readSource(path);

  it("shows the examples' own code", () => {
    expect(wrongBlocks(markdown, readSource)).toEqual([]);
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

/** The files that a guide shows or runs, and what they import of their own, further and further. */
function usedFiles(markdowns: readonly string[], read: (path: string) => string): Set<string> {
  const named = markdowns.flatMap((markdown) =>
    blocksOf(markdown).map((block) => originOf(block)?.path ?? []),
  );
  const used = new Set(named.flat());
  // A set that grows while it is gone through is gone through to its end.
  for (const path of used) {
    for (const [, target] of read(path).matchAll(/(?:from|import|new URL\()\s*\(?"(\.[^"]+\.ts)"/g)) {
      used.add(join(dirname(path), target!));
    }
  }
  return used;
}

it("each file of examples/guides belongs to a guide", () => {
  const used = usedFiles(guides.map(readSource), readSource);
  const orphans = globSync("examples/guides/src/**/*.ts").filter((path) => !used.has(relative(".", path)));
  expect(orphans).toEqual([]);
});

describe("these checks", () => {
  const source = "function f() {\n  const a = 1;\n\n  if (a) {\n    g();\n  }\n}\n";
  const guide = (code: string, from = "<!-- from: examples/a/src/b.ts -->\n"): string =>
    `Words.\n\n${from}\`\`\`ts\n${code}\n\`\`\`\n`;
  const check = (markdown: string): number => wrongBlocks(markdown, () => source).length;

  it("find code at any depth, and nothing that differs", () => {
    expect(check(guide("const a = 1;\n\nif (a) {\n  g();\n}"))).toBe(0);
    expect(check(guide("const a = 2;\n\nif (a) {\n  g();\n}"))).toBe(1);
    expect(check(guide("const a = 1;\nif (a) {"))).toBe(1);
    expect(check(guide("if (a) {\ng();"))).toBe(1);
    expect(check(guide("g();", "<!-- from: elsewhere -->\n"))).toBe(1);
    expect(check(guide("g();", "<!-- prints: examples/a/src/b.ts -->\n"))).toBe(1);
    expect(check(guide("g();", "<!-- from: examples/a/src/b.ts -->\n\n"))).toBe(1);
    expect(() => check("```ts\nno end\n")).toThrow("line 1 has no end");
  });

  it("want to know where output comes from", () => {
    const output = "```\nany output\n```\n";
    expect(check(output)).toBe(1);
    expect(check(`<!-- prints: examples/a/src/b.ts -->\n${output}`)).toBe(0);
    expect(check(`<!-- prints on stderr: examples/a/src/deep/b.ts -->\n${output}`)).toBe(0);
    expect(check(`<!-- prints: examples/a/src/b.ts -->\n\n${output}`)).toBe(1);
    expect(check(`<!-- from: examples/a/src/b.ts -->\n${output}`)).toBe(1);
    expect(check(`<!-- not checked: it takes an hour -->\n${output}`)).toBe(0);
    expect(check(`<!-- not checked: -->\n${output}`)).toBe(1);
  });

  it("know the languages", () => {
    for (const language of ["sh", "python", "json"]) expect(check(`\`\`\`${language}\nx\n\`\`\`\n`)).toBe(0);
    for (const language of ["js", "typescript", "bash"]) {
      expect(check(`<!-- not checked: x -->\n\`\`\`${language}\nx\n\`\`\`\n`)).toBe(1);
    }
  });

  it("find links that lead nowhere", () => {
    const links =
      "# One `two`: three-four?\n[a](README.md) [b](README.md#read-on) [c](none.md) [d](https://a.example/x#y)\n" +
      "[e](#one-two-three-four) [f](#two) [g](README.md#nothing) [h](docs#guides) [i](docs#none)\n" +
      "```\n# five\n[j](no.md)\n```\n[k](#five)";
    expect(deadLinks(links, ".")).toEqual(["none.md", "#two", "README.md#nothing", "docs#none", "#five"]);
  });

  it("follow imports of files that are shown", () => {
    const files: Record<string, string> = {
      "examples/a/src/b.ts": 'import { c } from "./c.ts";\nimport "@llx/async";\nimport "./deep/d.ts";',
      "examples/a/src/c.ts": 'new URL("./e.ts", import.meta.url); import { b } from "./b.ts";',
      "examples/a/src/deep/d.ts": 'export { c } from "../c.ts"; await import("./f.ts");',
      "examples/a/src/e.ts": "",
      "examples/a/src/deep/f.ts": "",
    };
    expect([...usedFiles([guide("x"), "```\ny\n```"], (path) => files[path]!)]).toEqual([
      "examples/a/src/b.ts",
      "examples/a/src/c.ts",
      "examples/a/src/deep/d.ts",
      "examples/a/src/e.ts",
      "examples/a/src/deep/f.ts",
    ]);
  });
});
