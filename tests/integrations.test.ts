import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Manifest, providers, readManifest } from "./providers.ts";

const template = "scripts/integration-template";

const readText = (path: string): string => readFileSync(path, "utf8");
const [plain = [], openaiCompatible = []] = ["plain", "openai-compatible"].map((kind) =>
  globSync(`${template}/${kind}/**/*.*`).map((path) => path.replace(`${template}/${kind}/`, "")),
);
/** What a provider of either kind has. */
const files = plain.filter((path) => openaiCompatible.includes(path));

/** `own-words` as `OwnWords`. */
const pascalOf = (name: string): string =>
  name.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());

it("finds the providers and the template", () => {
  expect(providers).toEqual(expect.arrayContaining(["heroku", "isaacus", "openai"]));
  for (const other of ["local", "ai-sdk", "langchain"]) expect(providers).not.toContain(other);
  expect(files.toSorted()).toEqual([
    "README.md",
    "src/fake-sample-provider.test.ts",
    "src/fake-sample-provider.ts",
    "src/index.ts",
    "src/sample-provider-embedding.test-d.ts",
    "src/sample-provider-embedding.test.ts",
    "src/sample-provider-embedding.ts",
    "src/testing.ts",
  ]);
});

const withBatches = providers.filter((name) => existsSync(`integrations/embeddings-${name}/src/batch.ts`));

it.each(withBatches)("the provider %s has batches that their suite tests", async (name) => {
  const folder = `integrations/embeddings-${name}`;
  const batch = (await import(resolve(folder, "src/batch.ts"))) as object;
  expect(Object.keys(batch)).toEqual([`${name}Batches`]);
  expect(readText(`${folder}/src/${name}-batches.test.ts`)).toMatch(/\bregisterBatchConformance\(/);
});

describe.each(providers)("the provider %s", (name) => {
  const folder = `integrations/embeddings-${name}`;
  const renamed = (text: string): string => text.replaceAll("sample-provider", name);

  it("has the template's files", () => {
    expect(files.map(renamed).filter((path) => !existsSync(`${folder}/${path}`))).toEqual([]);
  });

  it("has the template's configuration", () => {
    for (const file of ["tsconfig.json", "tsup.config.ts"]) {
      expect(readText(`${folder}/${file}`)).toBe(readText(`${template}/${file}`));
    }
  });

  it("has the template's metadata, exports, scripts and dependencies", () => {
    const { keywords, dependencies, ...others } = JSON.parse(
      renamed(readText(`${template}/package.json`)),
    ) as Manifest;
    const manifest = readManifest(folder);
    expect(manifest).toMatchObject({
      ...others,
      version: expect.any(String) as string,
      description: expect.stringMatching(/^[A-Z].*\.$/) as string,
    });
    expect(manifest.keywords).toEqual(expect.arrayContaining([...keywords]));
    expect(manifest.dependencies).toMatchObject(dependencies!);
  });

  it("exports its model, and a fake for tests", async () => {
    const pascal = pascalOf(name);
    const index = (await import(resolve(folder, "src/index.ts"))) as object;
    const testing = (await import(resolve(folder, "src/testing.ts"))) as object;
    expect(Object.keys(index)).toEqual([`${pascal[0]!.toLowerCase()}${pascal.slice(1)}Embedding`]);
    const fakes = [
      `fake${pascal}`,
      ...(existsSync(`${folder}/src/batch.ts`) ? [`fake${pascal}Batches`] : []),
    ];
    expect(Object.keys(testing)).toEqual(fakes);
    expect(readText(`${folder}/src/index.ts`)).toContain(`${pascal}EmbeddingOptions`);
    expect(readText(`${folder}/src/testing.ts`)).toContain(`Fake${pascal}Options`);
  });

  it("explains wrong options before it asks for a key", async () => {
    const pascal = pascalOf(name);
    const index = (await import(resolve(folder, "src/index.ts"))) as Record<
      string,
      (options: unknown) => unknown
    >;
    const create = index[`${pascal[0]!.toLowerCase()}${pascal.slice(1)}Embedding`]!;
    const given = { apiKey: "fake-key", ...(name === "bedrock" && { region: "eu-central-1" }) };
    const wanted = "options must be a plain object, not an object";
    expect(() => create(null)).toThrow(new TypeError("options must be an object, not null"));
    expect(() => create([])).toThrow(new TypeError(`${wanted} (Array)`));
    expect(() => create(new AbortController().signal)).toThrow(new TypeError(`${wanted} (AbortSignal)`));
    expect(() => create("a-name-or-a-key")).toThrow(
      new TypeError('options must be an object, not a string; a model is passed as { model: "…" }'),
    );
    expect(() => create({ apikey: "fake-key" })).toThrow(
      new TypeError("there is no option apikey; did you mean apiKey?"),
    );
    const named = (option: string, rest: string) => `there is no option ${option}; it is called ${rest}`;
    const attempts = "retry: { attempts }, which counts the first one too";
    expect(() => create({ retries: 2 })).toThrow(named("retries", attempts));
    expect(() => create({ batchSize: 2 })).toThrow(named("batchSize", "limits: { inputs }"));
    expect(() => create({ modelName: "m" })).toThrow(named("modelName", "model"));
    expect(() => create({ url: "http://a.example" })).toThrow(named("url", "baseUrl"));
    for (const blank of ["", " "]) {
      expect(() => create({ ...given, baseUrl: blank })).toThrow(
        /^baseUrl for .+ must be an http or https URL, not an empty string$/,
      );
    }
    expect(() => create({ ...given, baseUrl: new URL("http://a.example") })).toThrow(
      /^baseUrl for .+ must be an http or https URL, as a string: pass its href$/,
    );
    const rate = { limit: 10, interval: 1000 };
    expect(() => create({ ...given, rate: 10 })).toThrow(
      new TypeError("rate must be { requests, tokens, inputs }, a RateLimiter or false, not number 10"),
    );
    expect(() => create({ ...given, rate })).toThrow(
      new TypeError("there is no option rate.limit; it is rate: { requests: { limit, interval } }"),
    );
    expect(() => create({ ...given, rate: { requests: 10 } })).toThrow(
      new TypeError(
        "rate.requests must be { limit, interval }, such as { limit: 10, interval: 60_000 } for 10 a minute, not number 10",
      ),
    );
    expect(() => create({ ...given, cache: null })).toThrow(/^cache must be true, .*, not null$/);
    expect(() => create({ ...given, cache: "./x" })).toThrow(/^cache must be true, .*, not a string$/);
  });

  it("is tested by the conformance suite", () => {
    expect(readText(`${folder}/src/${name}-embedding.test.ts`)).toMatch(/\bregisterConformance\(/);
  });

  it("has a README of the template's parts", () => {
    const parts = (text: string): string[] =>
      [...text.matchAll(/^(#+ \S+|\| (?:option|capability) \|)/gm)].map(([part]) => part);
    expect(parts(readText(`${folder}/README.md`))).toEqual(
      expect.arrayContaining(parts(renamed(readText(`${template}/plain/README.md`)))),
    );
  });

  it("has nothing left to fill in", () => {
    // Of addresses only the generated ones: `.example` is reserved for documents.
    const placeholder = new RegExp(String.raw`Fill in:|sample-|\b(?:api|docs)\.${name}\.example\b`);
    const left = globSync([`${folder}/{README.md,src/*.ts}`, `.changeset/embeddings-${name}.md`]).flatMap(
      (path) =>
        readText(path)
          .split("\n")
          .flatMap((line, at) => (placeholder.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
    );
    expect(left).toEqual([]);
  });

  it("is listed for the compiler and for readers", () => {
    const { compilerOptions } = JSON.parse(readText("tsconfig.json")) as {
      compilerOptions: { paths: Record<string, readonly string[]> };
    };
    expect(compilerOptions.paths).toMatchObject({
      [`@llx/embeddings-${name}`]: [`./${folder}/src/index.ts`],
      [`@llx/embeddings-${name}/testing`]: [`./${folder}/src/testing.ts`],
    });
    const links = {
      "README.md": `| [\`@llx/embeddings-${name}\`](${folder})`,
      "packages/embeddings/README.md": `](../../${folder})`,
      "docs/guides/providers.md": `](../../${folder})`,
    };
    const missing = Object.entries(links).filter(([path, link]) => !readText(path).includes(link));
    expect(missing.map(([path, link]) => `${path} has no ${link}`)).toEqual([]);
  });
});

const withReranker = providers.filter((name) => existsSync(`integrations/embeddings-${name}/src/rerank.ts`));

describe.each(withReranker)("the provider %s", (name) => {
  const folder = `integrations/embeddings-${name}`;

  it("exports its reranker from an entry of its own, tested by the suite of rerankers", async () => {
    const pascal = pascalOf(name);
    const rerank = (await import(resolve(folder, "src/rerank.ts"))) as object;
    expect(Object.keys(rerank)).toEqual([`${pascal[0]!.toLowerCase()}${pascal.slice(1)}Reranker`]);
    expect(readManifest(folder)).toMatchObject({
      exports: { "./rerank": { import: { default: "./dist/rerank.js" } } },
    });
    const { compilerOptions } = JSON.parse(readText("tsconfig.json")) as {
      compilerOptions: { paths: Record<string, readonly string[]> };
    };
    expect(compilerOptions.paths[`@llx/embeddings-${name}/rerank`]).toEqual([`./${folder}/src/rerank.ts`]);
    const create = Object.values(rerank)[0] as (options: unknown) => unknown;
    expect(() => create(null)).toThrow(new TypeError("options must be an object, not null"));
    expect(() => create({ apikey: "fake-key" })).toThrow("there is no option apikey; did you mean apiKey?");
    expect(readText(`${folder}/src/${name}-reranker.test.ts`)).toMatch(/\bregisterRerankerConformance\(/);
  });
});
