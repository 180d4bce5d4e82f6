import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Block, blocksOf } from "../markdown-blocks.ts";
import { makeConsumer, typeCheck } from "./consumer.ts";

const readmes = globSync(["README.md", "{packages,integrations}/*/README.md"]).toSorted();

/** A block that begins with an import (comments may stand before it) opens a module; others continue it. */
function modulesOf(blocks: readonly Block[]): Record<string, string> {
  const modules: Record<string, string> = {};
  let name = "";
  for (const { language, lines } of blocks) {
    if (language !== "ts" && language !== "js") continue;
    const code = `${lines.join("\n")}\n`;
    if (name === "" || /^(\/\/.*\n)*import /.test(code)) {
      name = `snippet-${Object.keys(modules).length + 1}.m${language}`;
    }
    modules[name] = (modules[name] ?? "") + code;
  }
  return modules;
}

let consumer: string;

beforeAll(() => {
  consumer = makeConsumer([
    "ai",
    "@ai-sdk/openai",
    "@langchain/core",
    "@langchain/openai",
    "ioredis",
    "zod",
  ]).folder;
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

describe.each(readmes)("%s", (path) => {
  const markdown = readFileSync(path, "utf8");
  const blocks = blocksOf(markdown);

  it("has no block that this test would pass over", () => {
    expect(blocks.length * 2).toBe(markdown.match(/^\s*(```|~~~)/gm)?.length ?? 0);
    for (const { language } of blocks) expect(["ts", "js", "sh", ""]).toContain(language);
  });

  it("has snippets that are right by their types", () => {
    // A README may have no snippet; the compiler wants a file.
    const files = { "none.mts": "export {};", ...modulesOf(blocks) };
    // Some declarations of others want those of a browser. Ours are checked in packages.test.ts.
    const check = (): void =>
      typeCheck(join(consumer, path.replaceAll("/", "-")), files, "node16", { skipLibCheck: true });
    expect(check).not.toThrow();
  });
});

it("finds every README", () => {
  expect(readmes.length).toBeGreaterThanOrEqual(8);
});
