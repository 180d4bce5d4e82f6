import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { entryPoints } from "../scripts/entry-points.ts";

/** What the examples of doc comments assume, besides the exports of the packages. */
const given = `
declare const id: string;
declare const url: string;
declare const urls: string[];
declare const cache: AsyncClosable;
declare const manager: CallbackManager;
declare const pool: AsyncClosable;
declare const server: AsyncClosable;
declare const model: EmbeddingModel;
declare const service: FakeService;
declare const myEmbedding: ConformanceSubject["create"];
declare const myReranker: RerankerConformanceSubject["create"];
declare const myBatches: BatchConformanceSubject["create"];
declare const fake: FakeBatchService;
declare const batches: EmbeddingBatchService;
declare const input: BatchInput;
declare const spanProcessors: import("@opentelemetry/sdk-trace").SpanProcessor[];
declare function answer(question: string): Promise<string>;
declare function load(url: string, options: { signal: AbortSignal }): Promise<string>;
declare function loadUser(id: string): Promise<{ name: string }>;
declare function loadOrders(id: string): Promise<{ total: number }[]>;
declare function resizeImage(path: string, signal: AbortSignal): Promise<number>;
declare function save(page: Response): Promise<void>;
declare function openConnection(): Promise<AsyncClosable & { query(text: string): Promise<string[]> }>;
declare function openStore(): Promise<AsyncClosable & { add(page: Response): Promise<void> }>;
declare function watchStore(store: AsyncClosable, options: { signal: AbortSignal }): Promise<void>;
`.trim();

/** The modules that users import, by what they export; read from the lists in the packages' entry files. */
const exportedBy = new Map(
  entryPoints.flatMap(({ name: module, source }) => {
    const lists = readFileSync(source, "utf8").matchAll(/^export (?:type )?\{([^}]*)\}/gm);
    return [...lists].flatMap(([, list]) =>
      list!.split(",").flatMap((each) => {
        const exported = /(\w+)\s*$/.exec(each)?.[1];
        return exported === undefined ? [] : [[exported, module] as const];
      }),
    );
  }),
);

/** The `ts` blocks of the doc comments in a source. */
function examplesOf(source: string): string[] {
  return (source.match(/^[ \t]*\/\*\*[\s\S]*?\*\//gm) ?? []).flatMap((comment) => {
    const text = comment.replaceAll(/^[ \t]*\* ?/gm, "");
    return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
  });
}

/** Names that stand by themselves or are spread: no properties, no parts of texts and paths. */
const wordsOf = (code: string): Set<string> => new Set(code.match(/(?<!\w|(?<!\.\.)\.|["/-])\w+/g));

/** An example as a module, with what it does not import itself. */
function moduleOf(example: string): string {
  const own = new Set(
    [...example.matchAll(/^import .*\{(.*)\}/gm)].flatMap(([, list]) => list!.match(/\w+/g) ?? []),
  );
  const words = wordsOf(example);
  const taken = given.split("\n").filter((line) => {
    const name = /^declare (?:const|function) (\w+)/.exec(line)![1]!;
    return words.has(name) && !new RegExp(`(const|using|function) ${name}\\b`).test(example);
  });
  const imports = [...wordsOf([...taken, example].join("\n"))].flatMap((word) => {
    const module = exportedBy.get(word);
    return module === undefined || own.has(word) ? [] : [`import { ${word} } from "${module}";`];
  });
  return [...imports, ...taken, example, "export {};"].join("\n");
}

const sources = globSync("{packages,integrations}/*/src/**/*.ts").toSorted();
// Beside each package's dependencies, as an example may import some.
const folders = new Set<string>();
const files = sources.flatMap((path) => {
  const folder = resolve(...path.split("/").slice(0, 2), "node_modules/.cache/doc-examples");
  folders.add(folder);
  return examplesOf(readFileSync(path, "utf8")).map((example, index) => ({
    path: join(folder, `${path.split("/").slice(3).join("-").replace(/\.ts$/, "")}-${index}.ts`),
    code: moduleOf(example),
  }));
});

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** What the compiler says about files, or nothing. */
function compile(): string {
  for (const { path, code } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  const config = resolve("node_modules/.cache/doc-examples.json");
  mkdirSync(dirname(config), { recursive: true });
  const compilerOptions = { verbatimModuleSyntax: false, noImplicitOverride: false };
  const root = relative(dirname(config), resolve("tsconfig.json"));
  writeFileSync(
    config,
    JSON.stringify({
      extends: `./${root}`,
      compilerOptions,
      include: [],
      files: files.map(({ path }) => path),
    }),
  );
  try {
    execFileSync(resolve("node_modules/.bin/tsc"), ["-p", config], { encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("the examples in doc comments", () => {
  it("are found", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(exportedBy.get("mapJobs")).toBe("@llx/async");
    expect(exportedBy.get("fakeEmbedding")).toBe("@llx/embeddings/testing");
  });

  it("compile", { timeout: 60_000 }, () => {
    expect(compile()).toBe("");
  });
});
