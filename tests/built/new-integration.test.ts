import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./consumer.ts";

/** A copy of the workspace without integrations; what is installed and built is that of the real one. */
let copy: string;

const kinds = [
  {
    name: "plain-words",
    given: "embeddings-plain-words",
    title: "Plain Words",
    options: [],
    exported: ["plainWordsEmbedding", "fakePlainWords"],
  },
  {
    name: "ai21",
    given: "@llx/embeddings-ai21",
    title: "A & I",
    options: ["--openai-compatible", "--title", "A & I"],
    exported: ["ai21Embedding", "fakeAi21"],
  },
] as const;
const folders = kinds.map(({ name }) => `integrations/embeddings-${name}`);

const scaffold = (...args: readonly string[]): string =>
  run("node", ["scripts/new-integration.mjs", "--no-install", ...args], copy);
const readCopy = (path: string): string => readFileSync(join(copy, path), "utf8");
const filesOfCopy = (): Record<string, string> =>
  Object.fromEntries(
    globSync("{README.md,tsconfig.json,.changeset/*,integrations/*/{*.*,src/*}}", { cwd: copy }).map(
      (path) => [path, readCopy(path)],
    ),
  );

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "llx-new-integration-"));
  const configs = globSync("{*.json,*.ts,README.md,.ox*.json,.changeset,scripts,tests/no-network.ts}");
  for (const path of configs) cpSync(path, join(copy, path), { recursive: true });
  for (const path of ["node_modules", "packages"]) symlinkSync(resolve(path), join(copy, path));
  mkdirSync(join(copy, "integrations"));
  // Both ways to give the package's name; what cannot be made is given by the provider's.
  for (const { given, options } of kinds) scaffold(given, ...options);
  // As an install does.
  for (const folder of folders) {
    mkdirSync(join(copy, folder, "node_modules/@llx"), { recursive: true });
    for (const needed of ["embeddings", "http"]) {
      symlinkSync(resolve("packages", needed), join(copy, folder, "node_modules/@llx", needed));
    }
  }
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("a new integration", () => {
  it("type-checks, with the snippets of its README", () => {
    for (const folder of folders) {
      const snippets = [...readCopy(`${folder}/README.md`).matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
      expect(snippets.length).toBe(2);
      for (const [index, [, code]] of snippets.entries()) {
        writeFileSync(join(copy, folder, `snippet-${index}.ts`), code!);
      }
    }
    const config = { extends: "./tsconfig.json", include: ["integrations"] };
    writeFileSync(join(copy, "tsconfig.check.json"), JSON.stringify(config));
    expect(() => run("tsc", ["--noEmit", "-p", "tsconfig.check.json"], copy)).not.toThrow();
    for (const path of globSync("integrations/*/snippet-*.ts", { cwd: copy })) rmSync(join(copy, path));
  });

  it("passes the linter, and is formatted", () => {
    expect(() =>
      run("oxlint", ["--type-aware", "--deny-warnings", ...folders.map((folder) => `${folder}/src`)], copy),
    ).not.toThrow();
    expect(() => run("oxfmt", ["--check", ...folders, "tsconfig.json"], copy)).not.toThrow();
  });

  it("passes its tests, the conformance suite among them", () => {
    const printed = run("vitest", ["run", "--project", "unit", "--reporter=verbose", ...folders], copy);
    const passed = printed.split("\n").filter((line) => line.includes("✓"));
    for (const { name, title } of kinds) {
      const ofFile = passed.filter((line) => line.includes(`/${name}-embedding.test.ts`));
      const ofSuite = ofFile.filter(
        (line) => line.includes(`> ${title}`) && line.includes("embedding contract"),
      );
      expect(ofSuite.length).toBeGreaterThan(50);
    }
  });

  it("is built, and exports its model and its fake", () => {
    // Only one kind, because they are built alike and it takes long.
    const { name, exported } = kinds[1];
    const folder = join(copy, "integrations", `embeddings-${name}`);
    run("tsup", [], folder);
    const print =
      'console.log([".", "./testing"].flatMap((p) => Object.keys(require(n + p.slice(1)))).join())';
    const printed = run("node", ["-e", `const n = "@llx/embeddings-${name}"; ${print}`], folder);
    expect(printed.trim()).toBe(exported.join());
    const types = ["index", "testing"].map((entry) =>
      readFileSync(join(folder, `dist/${entry}.d.ts`), "utf8"),
    );
    for (const [at, text] of types.entries()) expect(text).toContain(exported[at]!);
  });

  it.each(kinds)("$name is referenced, and keeps no name of the template", ({ name, title }) => {
    const folder = `integrations/embeddings-${name}`;
    expect(readCopy("README.md")).toContain(`\n| [\`@llx/embeddings-${name}\`](${folder}) | ${title} |\n`);
    expect(readCopy(`.changeset/embeddings-${name}.md`)).toMatch(
      new RegExp(`^---\n"@llx/embeddings-${name}": minor\n---\n\n.*${title}`),
    );
    const { compilerOptions } = JSON.parse(readCopy("tsconfig.json")) as {
      compilerOptions: { paths: Record<string, unknown> };
    };
    expect(compilerOptions.paths).toMatchObject({
      [`@llx/embeddings-${name}`]: [`./${folder}/src/index.ts`],
      [`@llx/embeddings-${name}/testing`]: [`./${folder}/src/testing.ts`],
      "@llx/http": ["./packages/http/src/index.ts"],
    });
    const paths = globSync(`${folder}/{*.*,src/*}`, { cwd: copy });
    expect(paths.length).toBeGreaterThan(10);
    const word = /sample[-_ ]?provider/i;
    expect(paths.filter((path) => word.test(path) || word.test(readCopy(path)))).toEqual([]);
    expect(readCopy(`${folder}/src/${name}-embedding.ts`)).toContain("// Fill in:");
  });
});

describe("invalid arguments", () => {
  it.each([
    [[], "one name is needed, and 0 were given"],
    [["a", "b"], "one name is needed, and 2 were given"],
    [["Upper"], 'not "Upper"'],
    [["two--hyphens"], 'not "two--hyphens"'],
    [["../outside"], 'not "../outside"'],
    [["1st"], 'not "1st"'],
    [["x".repeat(41)], "at most 40 characters"],
    [["embeddings-"], 'not "embeddings-"'],
    [["@llx/fresh"], 'not "@llx/fresh"'],
    [["fresh", "--title", "`"], "a title has letters, digits, spaces and . & + - only"],
    [["fresh", "--openai"], "'--openai'"],
    [["ai21"], "integrations/embeddings-ai21 already exists"],
    [["embeddings-ai21"], "integrations/embeddings-ai21 already exists"],
  ])("%j says why, and writes nothing", (args, message) => {
    const before = filesOfCopy();
    expect(() => scaffold(...args)).toThrow(message);
    expect(filesOfCopy()).toEqual(before);
  });

  it("include a package whose changeset already exists", () => {
    writeFileSync(join(copy, ".changeset/embeddings-noted.md"), "a note");
    const before = filesOfCopy();
    expect(() => scaffold("noted")).toThrow(".changeset/embeddings-noted.md already exists");
    expect(filesOfCopy()).toEqual(before);
  });
});
