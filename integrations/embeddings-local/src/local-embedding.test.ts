import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { type Embedding, type EmbeddingModel, similarity, topK } from "@llx/embeddings";
import { registerConformance } from "@llx/embeddings/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EngineName } from "./engine.ts";
import { localEmbedding } from "./index.ts";
import { includedModel } from "./local-model.ts";
import { readWordPieces } from "./word-pieces.ts";

const { tokensOf } = readWordPieces(includedModel().files.tokenizer);
const countTokens = (text: string): number => tokensOf(text).length;

/** Loading the model takes about a second on each thread. */
const patience = 60_000;

/** Native code may lack a binary for a machine; then only the other engine is tested. */
const isNative = await import("onnxruntime-node").then(
  () => true,
  (error: unknown) => {
    console.error(`NOT TESTED: the engine onnxruntime-node, which does not load here: ${String(error)}`);
    return false;
  },
);
const engines: readonly EngineName[] = isNative ? ["onnxruntime-node", "wasm"] : ["wasm"];

const threads = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort" || kind === "Worker").length;

/** Texts on ten subjects, and questions in different words, in the same order. */
const texts = [
  "Bread dough has to rest in a warm place until it has doubled in size.",
  "The moon's gravity pulls the oceans and makes the tides.",
  "To change a flat tyre, loosen the wheel nuts before you lift the car.",
  "Honey bees dance to tell each other where flowers are.",
  "The court found the contract void because it was signed under threat.",
  "Rinse a burn under cool running water for twenty minutes.",
  "The striker scored twice in the last five minutes of the final.",
  "Interest on the loan is charged at the end of each month.",
  "The violin has four strings, tuned a fifth apart.",
  "Steep green tea for two minutes in water that does not boil.",
];
const queries = [
  "letting yeast work before baking a loaf",
  "why does the sea level rise and fall every day",
  "replacing a punctured wheel at the roadside",
  "how insects share the location of nectar",
  "an agreement that is not binding since someone was forced",
  "first aid for skin hurt by heat",
  "who decided the football match shortly before the whistle",
  "when does the bank collect the cost of borrowed money",
  "the pitch of a stringed instrument played with a bow",
  "brewing a hot drink from leaves without making it bitter",
];

describe.each(engines)("localEmbedding on %s", (engine) => {
  let model: EmbeddingModel;

  beforeAll(() => {
    model = localEmbedding({ workers: 2, engine });
  });

  afterAll(() => model.aclose());

  it("returns the vectors of all-MiniLM-L6-v2", { timeout: patience }, async () => {
    const pair = ["The weather is lovely today.", "It's so sunny outside!"];
    const { embeddings } = await model.getTextEmbeddingBatch(pair);
    const [a, b] = embeddings as [Embedding, Embedding];
    expect(a).toHaveLength(384);
    expect(similarity(a, a, "dot")).toBeCloseTo(1, 4);
    // The figure that the model's authors publish.
    expect(similarity(a, b)).toBeCloseTo(0.666, 2);
  });

  it("finds each of ten texts by a question in different words", { timeout: patience }, async () => {
    const { embeddings } = await model.getTextEmbeddingBatch(texts);
    const questions = await Promise.all(queries.map((query) => model.getQueryEmbedding(query)));
    expect(questions.map((question) => topK(question, embeddings, 1)[0]!.index)).toEqual([...texts.keys()]);
  });

  it("returns the same vector for a text, alone or among others", { timeout: patience }, async () => {
    const alone = await model.getTextEmbedding(texts[3]!);
    // Some have as many tokens as it has, and are computed together with it.
    const more = texts.map((_, index) => `Honey bees dance to tell each other where ${index} are.`);
    const { embeddings } = await model.getTextEmbeddingBatch([...texts, ...more]);
    expect(countTokens(more[0]!)).toBe(countTokens(texts[3]!));
    // The last bits depend on how many are added at once.
    expect(similarity(embeddings[3]!, alone, "euclidean")).toBeGreaterThan(-1e-6);
  });

  it("names its engine in the results and in events", { timeout: patience }, async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const batch = await model.getTextEmbeddingBatch(["a"], { callbackManager });
    expect(batch.model).toBe(`all-MiniLM-L6-v2 (${engine})`);
    const models = debug.getEventPairs("embedding").map(([, { endPayload }]) => endPayload);
    expect(models).toEqual([expect.objectContaining({ model: `all-MiniLM-L6-v2 (${engine})` })]);
  });

  it("leaves the event loop free while it computes", { timeout: patience }, async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await model.getTextEmbeddingBatch(texts);
    done = true;
    // On the main thread there would be a few turns for each text.
    expect(turns).toBeGreaterThan(20 * texts.length);
  });

  it("ends at once on an abort, and can be used again", { timeout: patience }, async () => {
    const controller = new AbortController();
    const work = model.getTextEmbeddingBatch(texts, { signal: controller.signal });
    const reason = new Error("enough");
    setImmediate(() => controller.abort(reason));
    await expect(work).rejects.toBe(reason);
    expect(await model.getTextEmbedding(texts[0]!)).toHaveLength(384);
  });

  // Many kinds of characters, to test the token count.
  const reads = textOf(254, "Café naïve, 日本語 and ไทย: `x = a+b` costs 5 € — [MASK] 🦄\u200B! ");

  it("reads 254 tokens of a text, all of which count", { timeout: patience }, async () => {
    await using cutting = localEmbedding({ workers: 1, truncate: true, engine });
    const { embeddings } = await cutting.getTextEmbeddingBatch([
      reads.slice(0, -2),
      reads,
      `${reads} and more`,
    ]);
    expect(embeddings[0]).not.toEqual(embeddings[1]);
    expect(embeddings[2]).toEqual(embeddings[1]);
  });

  it("refuses a text that is longer than the model reads", { timeout: patience }, async () => {
    await expect(model.getTextEmbeddingBatch(["a", `${reads} a`])).rejects.toThrow(
      "texts[1] has 255 tokens, and the provider takes at most 254",
    );
    expect(await model.getTextEmbedding(reads)).toHaveLength(384);
  });

  it("declares its capabilities", () => {
    expect(model).toMatchObject({
      provider: "local",
      model: "all-MiniLM-L6-v2",
      dimensions: 384,
      elementType: "float",
      limits: { inputs: engine === "wasm" ? 8 : 16, tokensPerInput: 254 },
      capabilities: { dimensions: [], inputTypes: [], elementTypes: ["float"], truncation: true },
    });
  });
});

describe.runIf(isNative)("the engines", () => {
  it("are native code by default, where it is installed", { timeout: patience }, async () => {
    await using model = localEmbedding({ workers: 1 });
    expect((await model.getTextEmbeddingBatch(["a"])).model).toBe("all-MiniLM-L6-v2 (onnxruntime-node)");
  });

  it("compute the same vectors", { timeout: patience }, async () => {
    const passages = globSync("docs/guides/*.md")
      .toSorted()
      .flatMap((path) => readFileSync(path, "utf8").split(/\n{2,}/))
      .filter((text) => countTokens(text) >= 20 && countTokens(text) <= 254)
      .filter((_, index) => index % 20 === 0)
      .slice(0, 20);
    const others = [
      "x",
      "日本語 and ไทย",
      "ΟΔΥΣΣΕΥΣ",
      "İstanbul, ǅ, ß, ﬁ",
      "Привет, мир!",
      "🦄 [MASK] \u200B½²™",
    ];
    await using native = localEmbedding({ workers: 1, engine: "onnxruntime-node" });
    await using wasm = localEmbedding({ workers: 1, engine: "wasm" });
    const all = [...passages, ...others];
    expect(all.length).toBe(26);
    const [one, other] = await Promise.all([
      native.getTextEmbeddingBatch(all),
      wasm.getTextEmbeddingBatch(all),
    ]);
    const alike = one.embeddings.map((vector, index) => similarity(vector, other.embeddings[index]!));
    expect(Math.min(...alike)).toBeGreaterThan(0.999_999);
    expect(Math.max(...one.embeddings.map((vector) => Math.abs(Math.hypot(...vector) - 1)))).toBeLessThan(
      1e-6,
    );
  });
});

describe("preload", () => {
  it("is true or false", () => {
    expect(() => localEmbedding({ preload: "yes" as unknown as boolean })).toThrow(
      new TypeError('preload must be true or false, not "yes"'),
    );
  });

  it(
    "starts all threads ahead of the first text, unless an option is wrong",
    { timeout: patience },
    async () => {
      const started = vi.fn();
      process.on("worker", started);
      try {
        expect(() => localEmbedding({ preload: true, retries: -1 } as object)).toThrow("retries");
        await new Promise(setImmediate);
        expect(started).not.toHaveBeenCalled();
        await using model = localEmbedding({ preload: true, workers: 2 });
        await new Promise(setImmediate);
        expect(started).toHaveBeenCalledTimes(2);
        expect(await model.getTextEmbedding("bread")).toHaveLength(384);
        expect(started).toHaveBeenCalledTimes(2);
      } finally {
        process.off("worker", started);
      }
    },
  );
});

describe("precision", () => {
  it("is fp32 or int8, and int8 needs native code", () => {
    expect(() => localEmbedding({ precision: "int4" as "int8" })).toThrow(
      new TypeError('precision must be "fp32" or "int8", not "int4"'),
    );
    expect(() => localEmbedding({ precision: "int8", engine: "wasm" })).toThrow(
      'precision "int8" is computed by the engine onnxruntime-node only',
    );
  });
});

describe.runIf(isNative)("precision int8", () => {
  it("finds each of ten texts by a question in different words", { timeout: patience }, async () => {
    await using model = localEmbedding({ workers: 1, precision: "int8" });
    const batch = await model.getTextEmbeddingBatch([...texts, ...queries]);
    expect(batch.model).toBe("all-MiniLM-L6-v2 (onnxruntime-node, int8)");
    const [passages, questions] = [batch.embeddings.slice(0, 10), batch.embeddings.slice(10)];
    expect(questions.map((question) => topK(question, passages, 1)[0]!.index)).toEqual([...texts.keys()]);
    await using exact = localEmbedding({ workers: 1 });
    const { embeddings } = await exact.getTextEmbeddingBatch([...texts, ...queries]);
    const alike = batch.embeddings.map((vector, index) => similarity(vector, embeddings[index]!));
    expect(Math.min(...alike)).toBeGreaterThan(0.98);
    expect(Math.max(...alike)).toBeLessThan(0.9999);
  });

  it("returns the same vector for a text, alone or among others", { timeout: patience }, async () => {
    await using model = localEmbedding({ workers: 1, precision: "int8" });
    const alone = await model.getTextEmbedding(texts[3]!);
    // With as many tokens, so computed in one batch.
    const more = texts.map((_, index) => `Honey bees dance to tell each other where ${index} are.`);
    const { embeddings } = await model.getTextEmbeddingBatch([...more, texts[3]!]);
    expect(similarity(embeddings.at(-1)!, alone, "euclidean")).toBeGreaterThan(-1e-6);
  });

  it("has its own vectors in a cache", { timeout: patience }, async () => {
    const cache = new Map<string, unknown>();
    for (const precision of ["fp32", "int8", "fp32"] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one fills the cache of the next
      await using model = localEmbedding({ workers: 1, precision, cache });
      // oxlint-disable-next-line no-await-in-loop
      await model.getTextEmbedding("a");
    }
    expect(cache.size).toBe(2);
  });
});

describe.each(engines)("the threads of %s", (engine) => {
  it.each(["process.exit(0)", "await model.aclose({ abort: true })"])(
    "end in the middle of their work with %s",
    { timeout: patience },
    async (end) => {
      // In a process of its own, as native code that is cut off ends the whole process.
      const program = `
        import { CallbackManager } from "${import.meta.resolve("@llx/callbacks")}";
        import { localEmbedding } from "${new URL("index.ts", import.meta.url).href}";
        const callbackManager = new CallbackManager();
        const first = Promise.withResolvers();
        callbackManager.addHandler({ onEventEnd: ({ type, status }) => {
          if (type === "embedding" && status === "ok") first.resolve();
        } });
        const model = localEmbedding({ engine: "${engine}", workers: 2, callbackManager });
        const texts = Array.from({ length: 200 }, (_, index) => "steep green tea for " + index + " minutes ".repeat(100));
        model.getTextEmbeddingBatch(texts).catch(() => {});
        await first.promise;
        await new Promise(setImmediate); // the threads begin with their next texts
        ${end};`;
      const folder = mkdtempSync(join(tmpdir(), "llx-local-"));
      const file = join(folder, "program.mjs");
      writeFileSync(file, program);
      const child = spawn(process.execPath, [file]);
      let printed = "";
      child.stderr.on("data", (part: Buffer) => (printed += part.toString()));
      expect([...(await once(child, "close")), printed]).toEqual([0, null, ""]);
      rmSync(folder, { recursive: true });
    },
  );

  it("are ended by aclose, after their current request", { timeout: patience }, async () => {
    const before = threads();
    const model = localEmbedding({ workers: 1, engine });
    const work = model.getTextEmbeddingBatch(texts.slice(0, 2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(threads()).toBeGreaterThan(before);
    await Promise.all([model.aclose(), model.aclose()]);
    expect(threads()).toBe(before);
    expect((await work).embeddings).toHaveLength(2);
    await expect(model.getTextEmbedding("a")).rejects.toThrow(
      "the local embedding model is closed; make a new one",
    );
  });

  it(
    "are ended by aclose with abort, together with their current request",
    { timeout: patience },
    async () => {
      const before = threads();
      const model = localEmbedding({ workers: 1, engine });
      const work = model.getTextEmbeddingBatch(texts).catch((error: unknown) => error);
      await new Promise((resolve) => setImmediate(resolve));
      expect(threads()).toBeGreaterThan(before);
      await model.aclose({ abort: true });
      expect(String(await work)).toContain("the local embedding model was closed");
      expect(threads()).toBe(before);
    },
  );

  it.each([0, -1, 1.5, Number.NaN])("cannot be %s", (workers) => {
    expect(() => localEmbedding({ workers })).toThrow(RangeError);
  });
});

/** Words of a pattern, then words of one letter, with so many tokens in total. */
function textOf(tokens: number, pattern: string): string {
  let text = pattern;
  while (countTokens(text + pattern) < tokens) text += pattern;
  text = text.trim();
  while (countTokens(text) < tokens) text += " a";
  return text;
}

registerConformance(
  {
    name: "local",
    create: ({ apiKey: _key, baseUrl: _url, ...options }) =>
      localEmbedding({ ...options, workers: options.workers as number | undefined }),
  },
  { describe, it },
  { timeLimit: patience },
);
