import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { EmbeddingModel, ElementType } from "@llx/embeddings";
import type { Reranker } from "@llx/embeddings/rerank";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { providers } from "./providers.ts";

type Make = (options: { readonly apiKey: string }) => EmbeddingModel<ElementType>;

async function open(name: string): Promise<EmbeddingModel<ElementType>> {
  const exported = (await import(resolve(`integrations/embeddings-${name}/src/index.ts`))) as object;
  const make = Object.entries(exported).find(([each]) => each.endsWith("Embedding"))![1] as Make;
  return make({ apiKey: "a-key-that-is-not-used" });
}

const count = (value: number | undefined, unit: string): string[] =>
  value === undefined ? [] : [`${value.toLocaleString("en")} ${unit}`];
const list = (parts: readonly (string | number)[], none = "–"): string => parts.join(", ") || none;

/** The row of a provider, as its model declares it. */
async function rowOf(name: string): Promise<string> {
  await using model = await open(name);
  const { limits, capabilities, dimensions } = model;
  const others = capabilities.dimensions.filter((each) => each !== dimensions);
  const cells = [
    `[\`@llx/embeddings-${name}\`](../../integrations/embeddings-${name})`,
    `\`${model.model}\``,
    limits.inputs.toLocaleString("en"),
    list([...count(limits.tokensPerInput, "tokens"), ...count(limits.charactersPerInput, "characters")]),
    list(count(limits.tokens, "tokens")),
    list(dimensions === undefined ? others : [dimensions, ...others], "as the model has"),
    list(capabilities.inputTypes),
    list(capabilities.elementTypes),
    capabilities.wireFormats.includes("base64") ? "yes" : "no",
    capabilities.truncation ? "on request" : "no",
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The row of a provider's reranker, as it declares itself. */
async function rerankRowOf(name: string): Promise<string> {
  const exported = (await import(resolve(`integrations/embeddings-${name}/src/rerank.ts`))) as object;
  const [maker, make] = Object.entries(exported).find(([each]) => each.endsWith("Reranker"))! as [
    string,
    (options: { readonly apiKey: string; readonly truncate?: boolean }) => Reranker,
  ];
  const options = { apiKey: "a-key-that-is-not-used" };
  await using reranker = name === "cohere" ? make({ ...options, truncate: true }) : make(options);
  const { limits, truncation } = reranker;
  const cuts = { never: "never", onRequest: "on request", always: "always" };
  const cells = [
    `[\`${maker}\`](../../integrations/embeddings-${name})`,
    `\`${reranker.model}\``,
    limits.inputs?.toLocaleString("en") ?? "–",
    list(count(limits.tokensPerQuery, "tokens")),
    list(count(limits.tokensPerInput, "tokens")),
    list(count(limits.tokensPerPair, "tokens")),
    list(count(limits.tokens, "tokens")),
    cuts[truncation],
  ];
  return `| ${cells.join(" | ")} |`;
}

beforeEach(() => void vi.stubEnv("AWS_REGION", "us-east-1"));
afterEach(() => void vi.unstubAllEnvs());

it("the guide's table of providers says what their models declare", async () => {
  const guide = readFileSync("docs/guides/providers.md", "utf8");
  const [, table = ""] = /^\| package .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  expect(table.trimEnd().split("\n")).toEqual(await Promise.all(providers.map(rowOf)));
});

it("the guide's table of rerankers says what they declare", async () => {
  const guide = readFileSync("docs/guides/reranking.md", "utf8");
  const [, table = ""] = /^\| reranker .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  const rerankers = providers.filter((name) => existsSync(`integrations/embeddings-${name}/src/rerank.ts`));
  expect(table.trimEnd().split("\n")).toEqual(await Promise.all(rerankers.map(rerankRowOf)));
});

it("the guide has a row on what each service reports", () => {
  const guide = readFileSync("docs/guides/providers.md", "utf8");
  const [, table = ""] = /^\| service .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  const names = table
    .trimEnd()
    .split("\n")
    .map((row) => /embeddings-([\w-]+)/.exec(row)?.[1]);
  expect(names).toEqual(providers);
});
