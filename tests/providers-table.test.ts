import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inspect, isDeepStrictEqual } from "node:util";
import type { Usage } from "@llx/callbacks";
import type { ElementType, EmbeddingLimits, EmbeddingModel, InputType } from "@llx/embeddings";
import type { Reranker } from "@llx/embeddings/rerank";
import { fakeEmbedding, fakeVectorOf } from "@llx/embeddings/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { blocksOf } from "./markdown-blocks.ts";
import { providers } from "./providers.ts";

interface GivenOptions {
  readonly apiKey: string;
  readonly model?: string | undefined;
  readonly dimensions?: number | undefined;
  readonly baseUrl?: string | undefined;
  readonly retry?: { readonly attempts: number };
  readonly dispatcher?: { request(asked: Asked): never };
}

/** A request that is not sent. */
interface Asked {
  readonly origin: string;
  readonly path: string;
  readonly body: unknown;
}

type Make = (options?: GivenOptions) => EmbeddingModel<ElementType>;

async function makerOf(name: string): Promise<Make> {
  const exported = (await import(resolve(`integrations/embeddings-${name}/src/index.ts`))) as object;
  return Object.entries(exported).find(([each]) => each.endsWith("Embedding"))![1] as Make;
}

async function open(name: string, model?: string): Promise<EmbeddingModel<ElementType>> {
  const make = await makerOf(name);
  return make({ apiKey: "a-key-that-is-not-used", model });
}

/** What a README says of a model: numbers of dimensions, or a limit. */
interface Stated {
  readonly model: string;
  readonly fact: string;
  readonly numbers: readonly number[];
}

/** Column or row of a README, and the limit that it states. */
const limitRows = {
  "texts in a request": "inputs",
  "characters in a text": "charactersPerInput",
  "characters in a request": "characters",
  "tokens in a text": "tokensPerInput",
  "tokens in a request": "tokens",
  "bytes in a text": "bytesPerInput",
  "bytes in a request": "bytes",
  "in a request": "tokens",
} as const satisfies Record<string, keyof EmbeddingLimits>;

const facts = ["dimensions", ...Object.keys(limitRows)];
const modelsIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, model]) => model!);

/** Of a table of dimensions such as 256 or 512, or of limits such as 1,024; a list has a space after its comma. */
const numbersIn = (text: string): number[] =>
  (text.match(/\d+(?:,\d{3})*/g) ?? []).map((each) => Number(each.replaceAll(",", "")));

/** From tables with a row for each model, and from rows such as "1024 or 512 for `a` and `b`, 256 for `c`". */
function statedIn(readme: string): Stated[] {
  const ofTables = [...readme.matchAll(/^\| model \| dimensions .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/gm)].flatMap(
    ([table, body = ""]) => {
      const columns = cellsOf(table.split("\n", 1)[0]!);
      return body
        .trimEnd()
        .split("\n")
        .flatMap((row) => {
          const cells = cellsOf(row);
          return facts
            .filter((fact) => columns.includes(fact))
            .flatMap((fact) =>
              modelsIn(cells[0]!).map((model) => ({
                model,
                fact,
                numbers: numbersIn(cells[columns.indexOf(fact)]!),
              })),
            );
        });
    },
  );
  const ofRows = readme.split("\n").flatMap((line) => {
    const [fact = "", text = ""] = line.startsWith("| ") ? cellsOf(line) : [];
    if (!facts.includes(fact)) return [];
    const clauses = text.matchAll(/([\d,]+(?:(?:, | or )[\d,]+)*) for (`[^`]+`(?:(?:, | and )`[^`]+`)*)/g);
    return [...clauses].flatMap(([, numbers = "", models = ""]) =>
      modelsIn(models).map((model) => ({ model, fact, numbers: numbersIn(numbers) })),
    );
  });
  return [...ofTables, ...ofRows];
}

/** The same, as the models declare it. */
async function declaredOf(name: string, { model, fact, numbers }: Stated): Promise<Stated> {
  await using embedder = await open(name, model);
  const { capabilities, limits, dimensions } = embedder;
  if (fact !== "dimensions") {
    return { model, fact, numbers: [limits[limitRows[fact as keyof typeof limitRows]] ?? Infinity] };
  }
  // A README may say how many a model has, and elsewhere which others can be chosen.
  const isList = numbers.length > 1;
  return {
    model,
    fact,
    numbers: isList
      ? [dimensions!, ...capabilities.dimensions.filter((each) => each !== dimensions)]
      : [dimensions!],
  };
}

/** The request of a call, which goes where nothing else says; it is not sent. */
async function askedOf(
  name: string,
  inputType: InputType = "document",
  chosen: Pick<GivenOptions, "model" | "dimensions" | "baseUrl"> = {},
): Promise<Asked> {
  const asked: Asked[] = [];
  const dispatcher = {
    request(each: Asked): never {
      asked.push(each);
      throw new Error("nothing is sent");
    },
  };
  const make = await makerOf(name);
  const options = { apiKey: "a-key-that-is-not-used", retry: { attempts: 1 }, dispatcher };
  await using embedder = make({ ...options, ...chosen });
  await expect(embedder.getTextEmbeddingBatch(["a text"], { inputType })).rejects.toThrow("nothing is sent");
  expect(asked).toHaveLength(1);
  return asked[0]!;
}

/** What is wrong with the default address that a README states, if anything. */
async function addressProblem(name: string, cell: string): Promise<string | undefined> {
  for (const each of Object.keys(process.env)) {
    if (/URL|HOST|ENDPOINT/.test(each)) vi.stubEnv(each, "");
  }
  const addressOf = async (baseUrl?: string): Promise<string> => {
    const { origin, path } = await askedOf(name, "document", { baseUrl });
    return origin + path;
  };
  const address = await addressOf();
  const stated = (cell.match(/https?:[^`]+/g) ?? []).map((each) => each.replace("{region}", "us-east-1"));
  const asked = await Promise.all(stated.map(addressOf));
  if (asked.includes(address)) return undefined;
  const found =
    asked.length === 0
      ? "the README states no address"
      : `with the \`baseUrl\` of the README to ${asked.join(" or ")}`;
  return `requests go to ${address}, and ${found}: state the address that the model uses`;
}

const rowsIn = (readme: string): string[] => readme.split("\n").filter((line) => line.startsWith("| "));

/** What is wrong with rows of limits: no model that the README names declares the limit. */
async function undeclaredRows(name: string, readme: string): Promise<string[]> {
  const rows = rowsIn(readme);
  const named = new Set([...modelsNamedIn(readme), ...(otherModels[name] ?? [])]);
  const models = await Promise.all([undefined, ...named].map((model) => open(name, model)));
  const declared = models.map(({ model, limits }) => ({ model, limits }));
  await Promise.all(models.map((model) => model.aclose()));
  const names = [...new Set(declared.map(({ model }) => model))].join(", ");
  return rows.flatMap((each) => {
    const [row = "", cell = ""] = cellsOf(each);
    const limit = Object.entries(limitRows).find(([known]) => known === row)?.[1];
    if (limit === undefined) return [];
    const text = cell.replaceAll(/`[^`]*`/g, "");
    const known = new Set(declared.map(({ limits }) => limits[limit]));
    known.delete(undefined);
    if (known.size > 0) {
      // Bedrock's rows are of services. Small numbers are those of versions, such as "v3".
      const stated = otherModels[name] === undefined ? numbersIn(text).filter((number) => number >= 100) : [];
      return stated
        .filter((number) => !known.has(number))
        .map(
          (number) => `the row "${row}" states ${number}, and limits.${limit} is that for none of ${names}`,
        );
    }
    // Without a number, it says that there is no limit, or that it is not known.
    if (!/\d|by model, below/.test(text)) return [];
    return [
      `the row "${row}" states a limit, and limits.${limit} is declared by none of ${names}: declare it, or remove the row`,
    ];
  });
}

/** The models that the row of the option `model` names. */
const modelsOfOption = (rows: readonly string[]): string[] =>
  rows
    .filter((row) => cellsOf(row)[0] === "`model`")
    .slice(0, 1)
    .flatMap(modelsIn)
    .slice(1);

/** The models that a README names: in its tables, and as values of the option `model`. */
const modelsNamedIn = (readme: string): string[] => [
  ...new Set([...statedIn(readme).map(({ model }) => model), ...modelsOfOption(rowsIn(readme))]),
];

/** The values in a body, each with its path. */
function leavesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, each]) => leavesOf(each, `${path}.${name}`));
}

/** The test files of a provider in which it registers the conformance suite, as one text. */
const suitesOf = (name: string): string =>
  globSync(`integrations/embeddings-${name}/src/*.test.ts`)
    .map((path) => readFileSync(path, "utf8"))
    .filter((text) => text.includes("registerConformance("))
    .join("\n");

/** A number of dimensions that a model offers besides its own. */
async function otherDimensions(name: string, model?: string): Promise<number | undefined> {
  await using embedder = await open(name, model);
  const { dimensions: own, capabilities } = embedder;
  const { dimensions, maxDimensions: most } = capabilities;
  const offered = most === undefined ? dimensions : [most, most - 1];
  return offered.find((each) => each !== own);
}

/** What makes requests of one model unlike those of another. */
interface Kind {
  readonly dimensions: readonly number[];
  readonly limits: EmbeddingLimits;
}

async function kindOf(name: string, model?: string): Promise<Kind> {
  await using embedder = await open(name, model);
  const { dimensions, maxDimensions } = embedder.capabilities;
  return { dimensions: maxDimensions === undefined ? dimensions : [maxDimensions], limits: embedder.limits };
}

/** How vectors are transferred, for how long a model stays loaded, and which form of requests a model understands. */
const withoutEffectOnVectors = new Set(["encoding", "keepAlive", "family"]);

/** A declared rate limit: where it differs by model, without a number. */
interface DeclaredRate {
  /** What is counted, in the word of the documents. */
  readonly kind: string;
  readonly limit: number | undefined;
  readonly interval: string;
}

/**
 * The rate limits that the embedding models of a provider declare: nothing shows them but their source. A declared limit has
 * an interval, one that a response reports has none.
 */
function declaredRates(name: string): DeclaredRate[] {
  const source = globSync(`integrations/embeddings-${name}/src/*.ts`)
    .filter((path) => !/test|fake|rerank|ranking/.test(path))
    .map((path) => readFileSync(path, "utf8"))
    .filter((text) => /\brateLimits\b/.test(text))
    .join("\n");
  const declared = /\b(requests|tokens|inputs): \{\s*limit: ([^,]+),\s+interval: ([\w*\s]+?)[\s,}]/g;
  return [...source.matchAll(declared)].map(([, budget, limit, interval]) => {
    const number = Number(limit!.replaceAll("_", ""));
    return {
      kind: budget === "inputs" ? "texts" : budget!,
      limit: Number.isNaN(number) ? undefined : number,
      interval: interval!.replaceAll("_", ""),
    };
  });
}

/** Those that are numbers, in the words of the documents, such as "2,000 texts". */
const limitsIn = (rates: readonly DeclaredRate[]): string[] =>
  rates.flatMap(({ kind, limit }) => (limit === undefined ? [] : `${number(limit)} ${kind}`));

/** Whether a text says in which interval a limit counts: the guide's column does, unless the row has another one. */
function isStated(interval: string, text: string): boolean {
  const [, unit] = /\b(second|hour|day)\b/.exec(text) ?? [];
  const milliseconds = { second: "1000", hour: "3600000", day: "86400000" };
  if (interval === "minute" || interval === "60000") return unit === undefined;
  return unit !== undefined && [unit, milliseconds[unit as keyof typeof milliseconds]].includes(interval);
}

/** What is wrong with what a text says of a provider's rate limits, if anything. */
function rateProblems(rates: readonly DeclaredRate[], text: string): string[] {
  const says = `it says "${text}" of rate limits, and the source declares`;
  if (rates.length === 0) {
    const claims = /\d/.test(text) && !/^none\b/.test(text);
    return claims ? [`${says} none: begin with none, or declare rateLimits with their intervals`] : [];
  }
  const limits = limitsIn(rates);
  const stated: readonly string[] = text.match(/\b\d[\d,]*(?: \w+)?/g) ?? [];
  const missing = limits.filter((limit) => !stated.includes(limit));
  const wrong = limits.length < rates.length ? [] : stated.filter((each) => !limits.includes(each));
  return [
    ...missing.map((limit) => `${says} ${limit}: state that in these words`),
    ...wrong.map((each) => `${says} no ${each}`),
    ...rates
      .filter(({ interval }) => !isStated(interval, text))
      .map(({ interval }) => `${says} an interval of ${interval} milliseconds`),
  ];
}

/** Whose element types and input types a README states in one row, with those of the default model. */
const otherModels: Readonly<Record<string, readonly string[]>> = {
  bedrock: ["cohere.embed-v4:0", "amazon.nova-2-multimodal-embeddings-v1:0"],
};

/** What any of the models declares. */
async function typesOf(
  name: string,
): Promise<{ readonly elementTypes: Set<string>; readonly inputTypes: Set<string> }> {
  const models = await Promise.all([undefined, ...(otherModels[name] ?? [])].map((each) => open(name, each)));
  const declared = models.map(({ capabilities }) => capabilities);
  await Promise.all(models.map((model) => model.aclose()));
  return {
    elementTypes: new Set(declared.flatMap(({ elementTypes }) => elementTypes)),
    inputTypes: new Set(declared.flatMap(({ inputTypes }) => inputTypes)),
  };
}

const elementTypes = [
  "float",
  "int8",
  "uint8",
  "binary",
  "ubinary",
] as const satisfies readonly ElementType[];
const inputTypes = [
  "document",
  "query",
  "classification",
  "clustering",
] as const satisfies readonly InputType[];
/** Those of the names that a text has in code. */
const namedIn = (text: string, names: readonly string[]): Set<string> =>
  new Set(names.filter((each) => text.includes(`\`${each}\``)));

/** The variables of the environment from which a provider takes its key, as its error names them. */
async function keyVariablesOf(name: string): Promise<string[]> {
  for (const each of Object.keys(process.env)) {
    if (/KEY|TOKEN|SECRET/.test(each)) vi.stubEnv(each, "");
  }
  const make = await makerOf(name);
  try {
    await using model = make();
    expect(model.model).not.toBe("");
    return [];
  } catch (error) {
    return variablesIn((error as Error).message);
  }
}

const variablesIn = (text: string): string[] => text.match(/\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\b/g) ?? [];
const cellsOf = (row: string): string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

const number = (value: number): string => value.toLocaleString("en");
const count = (value: number | undefined, unit: string): string[] =>
  value === undefined ? [] : [`${number(value)} ${unit}`];
const list = (parts: readonly (string | number)[], none = "–"): string => parts.join(", ") || none;

/** What fits in a text, and in a request. */
function limitCells(limits: EmbeddingLimits): string[] {
  return (["PerInput", ""] as const).map((of) =>
    list((["tokens", "characters", "bytes"] as const).flatMap((unit) => count(limits[`${unit}${of}`], unit))),
  );
}

/**
 * Whether a service cuts a text that is too long. It always does where the option `truncate` changes nothing in a request: it cannot be
 * told not to.
 */
async function cutting(name: string): Promise<"no" | "on request" | "always"> {
  await using model = await open(name);
  if (!model.capabilities.truncation) return "no";
  const [plain, cut] = await Promise.all([
    askedOf(name),
    askedOf(name, "document", { truncate: true } as object),
  ]);
  return isDeepStrictEqual([cut.path, cut.body], [plain.path, plain.body]) ? "always" : "on request";
}

/** The row of a provider, as its model declares it. */
async function rowOf(name: string): Promise<string> {
  await using model = await open(name);
  const { limits, capabilities, dimensions } = model;
  const others = capabilities.dimensions.filter((each) => each !== dimensions);
  const cells = [
    `[\`@llx/embeddings-${name}\`](../../integrations/embeddings-${name})`,
    `\`${model.model}\``,
    limits.inputs.toLocaleString("en"),
    ...limitCells(limits),
    list(dimensions === undefined ? others : [dimensions, ...others], "as the model has"),
    list(capabilities.inputTypes),
    list(capabilities.elementTypes),
    capabilities.wireFormats.includes("base64") ? "yes" : "no",
    await cutting(name),
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

// The first import of each package takes long.
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => void vi.stubEnv("AWS_REGION", "us-east-1"));
afterEach(() => void vi.unstubAllEnvs());

it("the guide's table of providers says what their models declare", async () => {
  const guide = readFileSync("docs/guides/providers.md", "utf8");
  const [, table = ""] = /^\| package .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  expect(table.trimEnd().split("\n")).toEqual(await Promise.all(providers.map(rowOf)));
});

it("a row of the guide has each limit of a text and of a request", () => {
  expect(
    limitCells({ inputs: 96, characters: 100_000, tokensPerInput: 8000, bytesPerInput: 32_000 }),
  ).toEqual(["8,000 tokens, 32,000 bytes", "100,000 characters"]);
});

it("the guide's table of rerankers says what they declare", async () => {
  const guide = readFileSync("docs/guides/reranking.md", "utf8");
  const [, table = ""] = /^\| reranker .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  const rerankers = providers.filter((name) => existsSync(`integrations/embeddings-${name}/src/rerank.ts`));
  expect(table.trimEnd().split("\n")).toEqual(await Promise.all(rerankers.map(rerankRowOf)));
});

it("the guide has a row on what each service reports, with where its key comes from", async () => {
  const guide = readFileSync("docs/guides/providers.md", "utf8");
  const [, table = ""] = /^\| service .*\n\|[-:| ]+\|\n((?:\|.*\n)+)/m.exec(guide) ?? [];
  const rows = table.trimEnd().split("\n");
  const names = rows.map((row) => /embeddings-([\w-]+)/.exec(row)?.[1]);
  expect(names).toEqual(providers);
  const stated = rows.map((row) => variablesIn(cellsOf(row).at(-1)!).toSorted());
  const read = await Promise.all(providers.map(keyVariablesOf));
  expect(stated).toEqual(read.map((variables) => variables.toSorted()));
  const problems = rows.flatMap((row, at) =>
    rateProblems(declaredRates(providers[at]!), cellsOf(row)[1]!).map((each) => `${providers[at]}: ${each}`),
  );
  expect(problems).toEqual([]);
  const withoutRates = providers.filter((name) => declaredRates(name).length === 0);
  const saysNone = providers.filter((_, at) => cellsOf(rows[at]!)[1]!.startsWith("none"));
  expect(saysNone, "the rows of providers whose source declares no rateLimits begin with none").toEqual(
    withoutRates,
  );
  const untested = providers.filter(
    (name, at) =>
      cellsOf(rows[at]!)[2]!.includes("request id") && !suitesOf(name).includes("requestIdHeader:"),
  );
  expect(untested, "their rows state a request id, which no suite tries with requestIdHeader").toEqual([]);
});

it.each([
  ["cohere", 5],
  ["heroku", 1],
  ["isaacus", 1],
  ["mistral", 2],
  ["openai", 3],
  ["voyage", 11],
])("the README of %s names %i models", (name, models) => {
  const stated = statedIn(readFileSync(`integrations/embeddings-${name}/README.md`, "utf8"));
  expect(new Set(stated.map(({ model }) => model)).size).toBe(models);
});

it("an address of a README is the one that the model uses as its baseUrl", async () => {
  const problemOf = (stated: string): Promise<string | undefined> =>
    addressProblem("mistral", `from the environment, else \`${stated}\``);
  expect(await problemOf("https://api.mistral.ai/v1")).toBe(undefined);
  expect(await problemOf("https://api.mistral.ai/v1/")).toBe(undefined);
  expect(await problemOf("https://api.mistral.ai")).toBe(
    "requests go to https://api.mistral.ai/v1/embeddings, and with the `baseUrl` of the README to " +
      "https://api.mistral.ai/embeddings: state the address that the model uses",
  );
  expect(await addressProblem("mistral", "its own")).toBe(
    "requests go to https://api.mistral.ai/v1/embeddings, and the README states no address: state the address that the model " +
      "uses",
  );
  expect(await addressProblem("cohere", "`https://api.cohere.com`, with or without `/v2`")).toBe(undefined);
});

it("a README has no row of a limit that no model declares", async () => {
  const row = "| characters in a text | 4,000 for `mistral-embed` |";
  const model = "| `model` | `mistral-embed` | the model |";
  expect(await undeclaredRows("mistral", `${model}\n${row}`)).toEqual([
    'the row "characters in a text" states a limit, and limits.charactersPerInput is declared by none of mistral-embed: ' +
      "declare it, or remove the row",
  ]);
  expect(await undeclaredRows("mistral", "| characters in a text | as `model-2` allows |")).toEqual([]);
  expect(await undeclaredRows("bedrock", "| tokens in a request | Cohere v4 128,000 |")).toEqual([]);
  expect(await undeclaredRows("cohere", "| texts in a request | 96; of version 3 960 |")).toEqual([
    'the row "texts in a request" states 960, and limits.inputs is that for none of embed-v4.0',
  ]);
});

describe.each(providers)("the README of %s", (name) => {
  const folder = `integrations/embeddings-${name}`;
  const readme = readFileSync(`${folder}/README.md`, "utf8");
  const rows = rowsIn(readme);
  /** What the first row of this name says. */
  const said = (first: string): string | undefined => rows.map(cellsOf).find(([cell]) => cell === first)?.[1];

  it("says what its model declares", async () => {
    await using model = await open(name);
    expect(said("`model`")).toContain(`\`${model.model}\``);
    const { "in a request": _, ...ownRows } = limitRows;
    for (const [row, limit] of Object.entries(ownRows)) {
      const value = model.limits[limit];
      if (value === undefined) continue;
      const cell = said(row) ?? `no row "${row}"`;
      // A table of models may say it instead.
      const text = /by model, below/.test(cell)
        ? rows.filter((each) => cellsOf(each)[0]!.includes(`\`${model.model}\``)).join("\n")
        : cell;
      expect(text, row).toMatch(new RegExp(String.raw`(?<![\d,.])${number(value)}(?![\d,]*\d)`));
    }
  });

  it("states no limit that none of its models declares", async () => {
    expect(await undeclaredRows(name, readme)).toEqual([]);
  });

  it("says which dimensions its model declares", async () => {
    await using model = await open(name);
    const { dimensions, maxDimensions } = model.capabilities;
    const declared = new Set([model.dimensions, ...dimensions, maxDimensions]);
    const stating = ["dimensions", "`dimensions`"];
    if (/by model, below/.test(said("dimensions") ?? "")) stating.push(`\`${model.model}\``);
    const text = rows.filter((each) => stating.some((first) => cellsOf(each)[0]!.includes(first))).join("\n");
    const missing = [...declared].filter((each) => each && !new RegExp(String.raw`\b${each}\b`).test(text));
    expect(said("dimensions")).not.toBe(undefined);
    expect(missing).toEqual([]);
  });

  it("says which element types its models have, and in which arrays", async () => {
    const { elementTypes: declared } = await typesOf(name);
    const row = said("element types") ?? 'no row "element types"';
    expect(namedIn(row.replace("`Float32Array`", "`float`"), elementTypes)).toEqual(declared);
    const option = rows.map(cellsOf).find(([cell]) => cell === "`elementType`")?.[2];
    if (option !== undefined) expect(namedIn(option, elementTypes)).toEqual(declared);
    for (const [, array, ...types] of row.matchAll(/`(\w+Array)` for `(\w+)`(?: and `(\w+)`)?/g)) {
      for (const type of types.filter((each) => each !== undefined)) {
        expect(fakeVectorOf("a text", type as ElementType, 16).constructor.name, type).toBe(array);
      }
    }
  });

  it("says which input types its models have, and how they are sent", async () => {
    const { inputTypes: declared } = await typesOf(name);
    const row = said("input types") ?? 'no row "input types"';
    expect(namedIn(row, inputTypes)).toEqual(declared);
    for (const [, type, sent] of row.matchAll(/`(\w+)` \((?:sent as )?(`[^`]+`)\)/g)) {
      const models = [undefined, ...(otherModels[name] ?? [])];
      const asked = await Promise.all(models.map((model) => askedOf(name, type as InputType, { model })));
      expect(asked.map(({ body }) => String(body)).join("\n"), type).toContain(sent!.replaceAll("`", '"'));
    }
  });

  it("says what each model that it names declares", async () => {
    const stated = statedIn(readme);
    const declared = await Promise.all(stated.map((each) => declaredOf(name, each)));
    expect(stated).toEqual(declared);
  });

  it("names no model whose other dimensions or limits are not tested", async () => {
    const suites = suitesOf(name);
    const usual = await kindOf(name);
    const problems = modelsNamedIn(readme)
      .filter((model) => !suites.includes(model))
      .map(async (model) => {
        const kind = await kindOf(name, model);
        return (["dimensions", "limits"] as const)
          .filter((part) => !isDeepStrictEqual(kind[part], usual[part]))
          .map(
            (part) =>
              `${model} has other ${part} than the default model, and the file of the suite does not name it: register the suite ` +
              "for it, with a fake that serves it, or compare its limits and capabilities with the documentation's in a test",
          );
      });
    expect((await Promise.all(problems)).flat()).toEqual([]);
  });

  it("names no model whose choice of dimensions is not requested", async () => {
    const problems = await Promise.all(
      modelsNamedIn(readme).map(async (model) => {
        const dimensions = await otherDimensions(name, model);
        if (dimensions === undefined) return [];
        const [plain, other] = await Promise.all([
          askedOf(name, "document", { model }),
          askedOf(name, "document", { model, dimensions }),
        ]);
        return plain.path === other.path && isDeepStrictEqual(plain.body, other.body)
          ? [
              `the option dimensions: ${dimensions} of ${model} changes nothing in its requests: send it, or declare the one number ` +
                "of dimensions that the model has",
            ]
          : [];
      }),
    );
    expect(problems.flat()).toEqual([]);
  });

  it("has a row for each option of its own", async () => {
    const make = await makerOf(name);
    const optionsOf = (create: () => unknown): string[] => {
      try {
        create();
      } catch (error) {
        return /; there are (.+)$/.exec((error as Error).message)![1]!.split(", ");
      }
      throw new Error("it has accepted an unknown option");
    };
    const unknown = { "quite-another-word": 1 } as object;
    const all = optionsOf(() => make(unknown as GivenOptions));
    const common = new Set(optionsOf(() => fakeEmbedding(unknown)));
    for (const option of ["dimensions", "elementType"]) common.delete(option);
    const own = all.filter((option) => !common.has(option));
    const stated = rows.map((row) => cellsOf(row)[0] ?? "").join(" ");
    expect(own.filter((option) => !stated.includes(`\`${option}\``))).toEqual([]);
  });

  it("says which values its options have if they are omitted", async () => {
    const plain = await askedOf(name);
    // A reranker has a second table of options.
    const isModel = (row: string): boolean => cellsOf(row)[0] === "`model`";
    const last = rows.findIndex((row, at) => isModel(row) && at !== rows.findIndex(isModel));
    const stated = rows
      .slice(0, last === -1 ? undefined : last)
      .map(cellsOf)
      .flatMap(([option = "", value = ""]) => {
        const [, key] = /^`(\w+)`$/.exec(option) ?? [];
        const [, text] = /^`?"([^"]+)"`?$/.exec(value) ?? [];
        return key === undefined || text === undefined ? [] : [[key, text] as const];
      });
    for (const [key, value] of stated) {
      // oxlint-disable-next-line no-await-in-loop -- one message at a time
      const given = await askedOf(name, "document", { [key]: value });
      expect(String(given.body), `${key}: ${value}`).toBe(String(plain.body));
    }
  });

  it("has a place of its own in a cache for each value of an option that changes what is asked for", async () => {
    const keyWith = async (options: object): Promise<unknown> => {
      const keys: unknown[] = [];
      const cache = { get: (key: unknown) => void keys.push(key), set() {} };
      await askedOf(name, "document", { ...options, cache } as object);
      return keys[0];
    };
    const plain = await askedOf(name);
    const usual = await keyWith({});
    expect(usual).toBeTypeOf("string");
    const values = rows.map(cellsOf).flatMap(([option = "", , meaning = ""]) => {
      const [, key] = /^`(\w+)`$/.exec(option) ?? [];
      if (key === undefined || withoutEffectOnVectors.has(key)) return [];
      return [...meaning.matchAll(/`"?([\w./-]+)"?`/g)].map(([, value]) => ({ [key]: value }));
    });
    const problems = values.map(async (options) => {
      const asked = await askedOf(name, "document", options).catch(() => plain);
      const isOther = String(asked.body) !== String(plain.body);
      return isOther && (await keyWith(options)) === usual ? [JSON.stringify(options)] : [];
    });
    expect((await Promise.all(problems)).flat()).toEqual([]);
  });

  it("takes no more for a model that it does not know than for one that it knows", async () => {
    const known = await Promise.all(
      [undefined, ...modelsNamedIn(readme)].map(async (model) => (await kindOf(name, model)).limits),
    );
    // A provider may refuse it, as it does not know how its requests look.
    const other = await kindOf(name, "a-model-of-next-year")
      .then(({ limits }) => limits)
      .catch(() => ({}) as EmbeddingLimits);
    if (other.inputs === undefined) return;
    const problems = (["inputs", "tokens", "characters", "bytes"] as const).flatMap((limit) => {
      const most = Math.max(...known.map((each) => each[limit] ?? Infinity));
      const own = other[limit] ?? Infinity;
      return own <= most ? [] : [`${limit}: ${own} for an unknown model, and at most ${most} for known ones`];
    });
    expect(problems).toEqual([]);
  });

  it("requests no dimensions of a model without a choice", async () => {
    const dimensions = await otherDimensions(name);
    if (dimensions === undefined) return;
    const [plain, other] = await Promise.all([leavesAsked({}), leavesAsked({ dimensions })]);
    const fields = [...other.keys()].filter((path) => plain.get(path) !== other.get(path));
    const problems = modelsNamedIn(readme).map(async (model) => {
      if ((await otherDimensions(name, model)) !== undefined) return [];
      const [own] = (await kindOf(name, model)).dimensions;
      // A provider may also refuse the option.
      const withOwn = leavesAsked({ model, dimensions: own }).catch(() => new Map<string, unknown>());
      const asked = await Promise.all([leavesAsked({ model }), withOwn]);
      return fields
        .filter((path) => asked.some((each) => each.has(path)))
        .map((path) => `${path} is sent for ${model}, which has no choice`);
    });
    expect((await Promise.all(problems)).flat()).toEqual([]);
  });

  /** The values of a request's body, by their paths. */
  async function leavesAsked(options: Partial<GivenOptions>): Promise<Map<string, unknown>> {
    const { body } = await askedOf(name, "document", options);
    return new Map(leavesOf(JSON.parse(String(body)), "body"));
  }

  it("names each model that its source knows, unless another one is like it", async () => {
    const known = globSync(`${folder}/src/*.ts`, { exclude: ["**/*.test.ts", "**/fake-*.ts"] })
      .map(
        (path) => /\bknownModels\b[^;]*? = \{\n([\s\S]*?)\n\};/.exec(readFileSync(path, "utf8"))?.[1] ?? "",
      )
      .flatMap((models) => [...models.matchAll(/^ {2}"([^"]+)": /gm)].map(([, model]) => model!));
    const isNamed = (model: string): boolean => readme.includes(`\`${model}\``);
    const named = await Promise.all(known.filter(isNamed).map((model) => kindOf(name, model)));
    const problems = known
      .filter((model) => !isNamed(model))
      .map(async (model) => {
        const kind = await kindOf(name, model);
        return named.some((each) => isDeepStrictEqual(each, kind)) ? [] : [model];
      });
    expect(
      (await Promise.all(problems)).flat(),
      "its dimensions and limits are those of no named one",
    ).toEqual([]);
  });

  it("says which rate limits its models declare", () => {
    const row = said("rate limits") ?? 'no row "rate limits"';
    const rates = declaredRates(name);
    if (/\bbelow\b/.test(row)) {
      expect(limitsIn(rates).filter((limit) => !readme.includes(limit))).toEqual([]);
    } else expect(rateProblems(rates, row)).toEqual([]);
  });

  it("says whether a text that is too long is cut", async () => {
    const cuts = await cutting(name);
    const isSilent = /\bunenforced: \[[^\]]*PerInput/.test(suitesOf(name));
    const advice = "the suite says that the service does not enforce it: declare truncation: true";
    expect(isSilent && cuts === "no", advice).toBe(false);
    const text = rows.filter((each) => /^(?:truncation|\w+ in a text)$/.test(cellsOf(each)[0]!)).join("\n");
    if (cuts === "on request") expect(text).toContain("`truncate: true`");
    else if (otherModels[name] === undefined) expect(text).not.toContain("`truncate: true`");
    if (cuts !== "always") return;
    expect(text, "requests are the same with truncate: true, so say that it cuts").toMatch(/\bcuts?\b/);
    // What is counted here is refused here.
    const ofService = text.replaceAll(/[^;|.]*`countTokens`[^;|.]*/g, "");
    expect(ofService, "requests are the same with truncate: true, so it refuses none").not.toMatch(
      /\berror\b|\breject|\brefuse|\bnot truncate/,
    );
  });

  it("says where its model sends requests", async () => {
    const cell = said("`baseUrl`") ?? 'no row "baseUrl"';
    expect(await addressProblem(name, cell)).toBe(undefined);
  });

  it("has a snippet without the service that prints what it says, with the usage that it states", async ({
    onTestFinished,
  }) => {
    const snippet = blocksOf(readme)
      .filter(({ language }) => language === "ts")
      .map(({ lines }) => lines.join("\n"))
      .find((code) => code.includes(`"@llx/embeddings-${name}/testing"`) && code.includes("Embedding("))!;
    const [, promised] = /console\.log\(.*\); \/\/ (.+)$/m.exec(snippet) ?? [];
    const copy = mkdtempSync(join(tmpdir(), "llx-readme-"));
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    onTestFinished(() => {
      printed.mockRestore();
      rmSync(copy, { recursive: true });
    });
    const end = "await model.aclose();";
    const more = 'export const { usage } = await model.getTextEmbeddingBatch(["another text"]);';
    writeFileSync(join(copy, "snippet.ts"), snippet.replace(end, `${more}\n${end}`));
    const { usage } = (await import(join(copy, "snippet.ts"))) as { readonly usage: Usage | undefined };
    expect(printed.mock.calls.map((shown) => shown.join(" "))).toEqual([promised]);
    const stated = said("usage") ?? 'no row "usage"';
    const returned = { input: usage?.inputTokens, total: usage?.totalTokens };
    for (const [kind, tokens] of Object.entries(returned)) {
      const wanted = tokens === undefined ? "must not name" : "must name";
      const what = `the row "usage" (${stated}) ${wanted} ${kind} tokens, as the model returns ${inspect(usage)}`;
      expect(new RegExp(String.raw`\b${kind}\b`).test(stated), what).toBe(tokens !== undefined);
    }
    const row = readFileSync("docs/guides/providers.md", "utf8")
      .split("\n")
      .filter((line) => line.includes(`](../../integrations/embeddings-${name})`))
      .map(cellsOf)
      .find((cells) => cells.length === 4);
    const reported = row?.[2] ?? "no row";
    const what = `the guide's row ("${reported}") must name tokens only if the model returns them: ${inspect(usage)}`;
    expect(/(?<!no )\btokens\b/.test(reported), what).toBe(usage !== undefined);
  });

  it("names the variables of the environment", async () => {
    const table = rows.join("\n");
    const missing = (await keyVariablesOf(name)).filter((variable) => !table.includes(`\`${variable}\``));
    expect(missing).toEqual([]);
    const sources = globSync(`${folder}/src/*.ts`, { exclude: ["**/*.test.ts"] }).map((path) =>
      readFileSync(path, "utf8"),
    );
    const stated = variablesIn(said("environment variables") ?? "");
    expect(stated.filter((variable) => !sources.join("\n").includes(variable))).toEqual([]);
  });
});
