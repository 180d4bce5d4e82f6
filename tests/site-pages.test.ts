import { describe, expect, it } from "vitest";
import {
  defaultOf,
  dropBareTypeParameters,
  guideList,
  mergeOverloads,
  moveSources,
  splitDefaults,
} from "../docs/.vitepress/api-pages.ts";
import { installTabs } from "../docs/.vitepress/package-managers.ts";
import { importsFor } from "../docs/.vitepress/program-imports.ts";
import { noteOf } from "../docs/.vitepress/project-pages.ts";
import { indexedPage, kindOf } from "../docs/.vitepress/search.ts";
import { symbolIn, uses } from "../docs/.vitepress/symbol-uses.ts";

describe("a page of the reference", () => {
  it("links to its source at its end, and nowhere else", () => {
    const page =
      "# a()\n\nDefined in: [a.ts:1](https://x/a.ts#L1)\n\nWords.\n\n## b\n\nDefined in: [a.ts:9](https://x/a.ts#L9)\n\nMore.\n";
    expect(moveSources(page)).toBe("# a()\n\nWords.\n\n## b\n\nMore.\n\n[Source](https://x/a.ts#L1)\n");
    expect(moveSources("# a\n")).toBe("# a\n");
  });

  it("has no list of type parameters without words", () => {
    const bare = "## Type Parameters\n\n| Type Parameter |\n| ------ |\n| `I` |\n| `R` |\n\n";
    expect(dropBareTypeParameters(`A\n\n${bare}B\n`)).toBe("A\n\nB\n");
    const explained = bare.replaceAll(/ \|$/gm, " | Description |");
    expect(dropBareTypeParameters(explained)).toBe(explained);
  });

  it("says what overloads have in common once", () => {
    const overload = (code: string, returns: string): string =>
      `## Call Signature\n\n\`\`\`ts\n${code}\n\`\`\`\n\nWords.\n\n### Returns\n\n${returns}\n\n### Example\n\nexample\n\n`;
    const merged = mergeOverloads(`# f()\n\n${overload("f(): 1", "one")}${overload("f(2): 2", "two")}`);
    expect(merged).toBe(
      "# f()\n\n## Signature\n\n```ts\nf(): 1\n```\n\nWords.\n\n### Returns\n\none\n\n### Example\n\nexample\n\n" +
        "## Another signature\n\n```ts\nf(2): 2\n```\n\n### Returns\n\ntwo\n\n",
    );
    expect(mergeOverloads("# f()\n\n## Parameters\n")).toBe("# f()\n\n## Parameters\n");
  });

  it("shows defaults in a column of their own", () => {
    const table =
      "| Property | Type | Description |\n| ------ | ------ | ------ |\n" +
      "| `a?` | `x` \\| `y` | Words. **Default** `4` |\n| `b?` | `z` | More. Default: none. |\n| `c` | `z` | - |\n";
    expect(splitDefaults(table)).toBe(
      "| Property | Type | Default | Meaning |\n| --- | --- | --- | --- |\n" +
        "| `a?` | `x` \\| `y` | `4` | Words. |\n| `b?` | `z` | none | More. |\n| `c` | `z` |  |  |\n",
    );
    const without =
      "| Property | Type | Description |\n| ------ | ------ | ------ |\n| `c` | `z` | Words. |\n";
    expect(splitDefaults(without)).toBe(without);
  });

  it.each([
    ["Default `a.b`.", "`a.b`", ""],
    ["Words. Default: 1.", "1", "Words."],
    ["Default: `X` of the environment.", "`X` of the environment", ""],
    ["The default is 3.", "", "The default is 3."],
    ["By default: what? Default: a. And more.", "", "By default: what? Default: a. And more."],
  ])("reads the default in %j", (text, byDefault, meaning) => {
    expect(defaultOf(text)).toEqual({
      byDefault,
      meaning: meaning === "" ? "" : expect.stringContaining(meaning),
    });
  });

  it("lists the guides that show the symbol", () => {
    expect(guideList([{ title: "Jobs", link: "../jobs.md" }])).toBe(
      "## In the guides\n\n- [Jobs](../jobs.md)\n\n",
    );
    expect(guideList([])).toBe("");
  });
});

describe("a symbol", () => {
  const exported = new Set(["mapJobs", "retry", "Semaphore"]);
  const find = (code: string): string | undefined => symbolIn(code, (name) => exported.has(name));

  it.each([
    ["mapJobs", "mapJobs"],
    ["mapJobs()", "mapJobs"],
    ["mapJobs(urls, load, { workers })", "mapJobs"],
    ["new Semaphore(4)", "Semaphore"],
    ["Semaphore.acquire", "Semaphore"],
    ["retry()", "retry"],
    ["retry", undefined],
    ["retry.attempts", undefined],
    ["retry: {}", undefined],
    ["other()", undefined],
    ["a mapJobs", undefined],
  ])("in `%s` is %s", (code, name) => {
    expect(find(code)).toBe(name);
  });

  it("is used in a document where it is called or named", () => {
    const block = (code: string): string => `Words.\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
    expect(uses(block("await retry(work);"), "retry", "function")).toBe(true);
    expect(uses(block("mapJobs(a, b, { retry: {} });"), "retry", "function")).toBe(false);
    expect(uses(block("queue.retry(work);"), "retry", "function")).toBe(false);
    expect(uses(block("let a: Semaphore;"), "Semaphore", "type")).toBe(true);
    expect(uses("Words `Semaphore` words.", "Semaphore", "type")).toBe(true);
    expect(uses("Words Semaphore words.", "Semaphore", "type")).toBe(false);
  });
});

describe("the index of the search", () => {
  it("says of each page what it is", () => {
    expect(indexedPage('<h1 id="a">Jobs</h1>', "guides/jobs.md")).toBe('<h1 id="a">Guide: Jobs</h1>');
    expect(indexedPage("<h1>Map&lt;K, V&gt; <a></a></h1>", "api/a/Map.md")).toBe("<h1>API: Map<a></a></h1>");
    expect(indexedPage("<h1>llx</h1>", "index.md")).toBe("<h1>llx</h1>");
    expect([kindOf("packages/async.md"), kindOf("benchmarks.md")]).toEqual(["Package", undefined]);
  });

  it("has no headings of the reference that say nothing", () => {
    const page = "<h1>f()</h1><h3>Parameters <a></a></h3><p>x</p><h2>Retries</h2>";
    expect(indexedPage(page, "api/f.md")).toBe("<h1>API: f()</h1><p>x</p><h2>Retries</h2>");
    expect(indexedPage(page, "guides/f.md")).toContain("Parameters");
  });
});

describe("a block that installs packages", () => {
  it("has a tab for each package manager", () => {
    expect(installTabs("a\n\n```sh\nnpm install x \\\n  y\n```\n\nb\n")).toBe(
      "a\n\n::: code-group\n\n```sh [npm]\nnpm install x \\\n  y\n```\n\n```sh [pnpm]\npnpm add x \\\n  y\n```\n\n" +
        "```sh [yarn]\nyarn add x \\\n  y\n```\n\n```sh [bun]\nbun add x \\\n  y\n```\n\n:::\n\nb\n",
    );
  });

  it.each(["npm start", "npm install x\nnode x.js", "npm install", "npm install -g x"])(
    "and other commands have none: %s",
    (commands) => {
      const block = `\`\`\`sh\n${commands}\n\`\`\`\n`;
      expect(installTabs(block)).toBe(block);
    },
  );
});

describe("the changelog", () => {
  it("names the packages of a note", () => {
    expect(noteOf('---\n"@llx/async": minor\n"@llx/http": patch\n---\n\nWords.\n')).toEqual([
      "**`@llx/async`, `@llx/http`**",
      "Words.",
    ]);
    expect(noteOf("# About changesets\n")).toEqual([]);
  });
});

describe("the imports of a part of a program", () => {
  const program = `// Words.
import { once } from "node:events";
import {
  continueTrace,
  type Handler as TheirHandler,
} from "@llx/callbacks";
import type { Search } from "./search.ts";

continueTrace(headers, once);
`;

  it("are of what it uses, each once on a page", () => {
    const known = new Set<string>();
    expect(importsFor("await continueTrace(headers);", program, known)).toBe(
      'import { continueTrace } from "@llx/callbacks";\n\n',
    );
    expect(importsFor("const a: TheirHandler = continueTrace(b);\nlet s: Search;", program, known)).toBe(
      'import { type Handler as TheirHandler } from "@llx/callbacks";\nimport type { Search } from "./search.ts";\n\n',
    );
    expect(importsFor("await continueTrace(headers);", program, known)).toBe("");
  });

  it("are none of what only looks like it, and none where it has its own", () => {
    expect(importsFor("server.once(a); const onceMore = 1;", program, new Set())).toBe("");
    expect(importsFor(program, program, new Set())).toBe("");
  });
});
