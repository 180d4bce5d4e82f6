import { describe, expect, it } from "vitest";
import type { BatchProvider } from "./batch-provider.ts";
import type { BatchInput, BatchStatus } from "./batch-service.ts";
import type { BatchServiceOptions } from "./batch-service-options.ts";
import { createBatchService } from "./create-batch-service.ts";

const done: BatchStatus = {
  state: "done",
  done: undefined,
  failed: undefined,
  message: undefined,
  hasResults: true,
};

/** A provider in memory, whose results are these lines. */
function providerOf(lines: readonly string[], changes: Partial<BatchProvider> = {}): BatchProvider {
  return {
    provider: "Tulip",
    model: "tulip-1",
    limits: { inputs: 1, charactersPerInput: 20 },
    batchLimits: { inputs: 10, bytes: 1_000, window: 1_000 },
    line: (id, text) => `${id}:${text}\n`,
    upload: () => Promise.resolve("file-1"),
    findInput: () => Promise.resolve(undefined),
    create: () => Promise.resolve("batch-1"),
    find: () => Promise.resolve(undefined),
    status: () => Promise.resolve(done),
    async *lines() {
      for (const line of lines) yield await Promise.resolve(new TextEncoder().encode(line));
    },
    readLine(line) {
      const { id, v, why } = line as { id: unknown; v?: number[]; why?: object };
      return why === undefined
        ? { id, response: { embeddings: v && [{ embedding: v }], body: line, usage: { inputTokens: 1 } } }
        : { id, failure: why };
    },
    cancel: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    ...changes,
  };
}

const serviceOf = (
  lines: readonly string[],
  changes: Partial<BatchProvider> = {},
  options: BatchServiceOptions = {},
) => createBatchService(providerOf(lines, changes), { retry: { delay: 0 }, ...options });

const input: BatchInput = {
  name: "run-1",
  texts: 1,
  bytes: 1,
  async *open() {
    yield await Promise.resolve(new Uint8Array(1));
  },
};

describe("a batch service", () => {
  it("learns its dimensions from the first embedding, and holds the others to them", async () => {
    const service = serviceOf(['{"id":"a","v":[1,2]}', '{"id":"b","v":[1,2,3]}', '{"id":"c"}']);
    expect(service.dimensions).toBeUndefined();
    const results = await Array.fromAsync(service.results("batch-1"));
    expect(service.dimensions).toBe(2);
    expect(results[0]).toEqual({ id: "a", embedding: Float32Array.of(1, 2), usage: { inputTokens: 1 } });
    expect(results[1]!.error!.message).toBe(
      "Tulip returned an invalid response: the embedding of the text b has 3 dimensions, not 2, as earlier embeddings " +
        "had: the service may have changed its model",
    );
    expect(results[2]!.error!.message).toBe(
      "Tulip returned an invalid response: there is no list of embeddings; the response is an object with id",
    );
  });

  it.each([
    [{ status: 500 }, true, "Tulip did not embed the text a (500)"],
    [{ status: 429, message: "slow" }, true, "Tulip did not embed the text a (429): slow"],
    [{ status: 400, code: "x y" }, false, "Tulip did not embed the text a (400)"],
    [{ code: "batch_expired", retryable: true }, true, "Tulip did not embed the text a (batch_expired)"],
    [{ message: 5 }, false, "Tulip did not embed the text a"],
  ])("has an error for a text that was not embedded: %o", async (why, retryable, message) => {
    const line = JSON.stringify({ id: "a", why });
    const [result] = await Array.fromAsync(serviceOf([line]).results("batch-1"));
    expect(result!.error).toMatchObject({ name: "BatchTextError", provider: "Tulip", retryable, message });
  });

  it("accepts only ids and states that are some", async () => {
    for (const id of [undefined, null, "", 5]) {
      const service = serviceOf([], { create: () => Promise.resolve(id) }, { retry: { attempts: 1 } });
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(service.submit(input)).rejects.toThrow("the batch has no id");
    }
    const service = serviceOf(
      [],
      { status: () => Promise.resolve({ ...done, state: undefined }), find: () => Promise.resolve(null) },
      { retry: { attempts: 1 } },
    );
    await expect(service.status("batch-1")).rejects.toThrow("the batch batch-1 has no status that is known");
    await expect(service.find("run-1")).rejects.toThrow("the batch has no id");
  });

  it("looks again after an attempt that may have succeeded, and not after a refusal", async () => {
    const asked: string[] = [];
    const problems = [Object.assign(new Error("busy"), { status: 503, refused: true }), new Error("lost")];
    const service = serviceOf([], {
      find: () => {
        asked.push("find");
        return Promise.resolve(problems.length === 0 ? "batch-7" : undefined);
      },
      create: () => {
        asked.push("create");
        return Promise.reject(problems.shift()!);
      },
    });
    const batch = await service.submit(input, { checked: false });
    expect(batch).toBe("batch-7");
    expect(asked).toEqual(["create", "create", "find"]);
  });

  it("does not check how many results a batch has that has not ended", async () => {
    const status = { ...done, state: "running", done: 5 } as const;
    const service = serviceOf([], { status: () => Promise.resolve(status) });
    expect(await Array.fromAsync(service.results("batch-1"))).toEqual([]);
  });

  it.each([
    [{ provider: "" }, "provider must be a string that is not empty"],
    [{ batchLimits: { inputs: 0, bytes: 1, window: 1 } }, "batchLimits.inputs must be"],
    [{ batchLimits: undefined }, "batchLimits must be an object"],
    [{ readLine: undefined }, "readLine must be a function"],
  ])("refuses a declaration with %o", (changes, message) => {
    expect(() => serviceOf([], changes as never)).toThrow(message);
  });

  it.each([
    [{ timeout: 0 }, "timeout must be more than 0"],
    [{ allowZero: 1 }, "allowZero must be true or false"],
    [{ retry: { attempts: 0 } }, "attempts must be"],
    [{ limits: { input: 1 } }, "there is no option limits.input"],
    [{ batchLimits: { texts: 1 } }, "there is no option batchLimits.texts"],
    [
      { batchLimits: { window: 1 } },
      "there is no option batchLimits.window; it is the service that decides how long a batch may take",
    ],
    [{ countTokens: 1 }, "countTokens must be a function"],
    [{ cache: true }, "there is no option cache"],
  ])("refuses the options %o", (options, message) => {
    expect(() => createBatchService(providerOf([]), options as never)).toThrow(message);
  });

  it.each([
    [{ inputs: 10 }, "inputs; the texts of a batch are limited by batchLimits: { inputs }"],
    [
      { bytes: 10 },
      "bytes; the bytes of a batch are limited by batchLimits: { bytes }, those of one text by limits: { bytesPerInput }",
    ],
    [{ tokens: 10 }, "tokens; those of one text are limited by limits: { tokensPerInput }"],
    [{ characters: 10 }, "characters; those of one text are limited by limits: { charactersPerInput }"],
  ])("refuses %o among the limits, which are those of one text", (limits, message) => {
    const options = { limits } as BatchServiceOptions;
    expect(() => serviceOf([], {}, options)).toThrow(new TypeError(`there is no option limits.${message}`));
  });

  it("refuses a limit of tokens that nothing counts", () => {
    const limits = { tokensPerInput: 1 };
    const counted = serviceOf([], {}, { limits, countTokens: (text) => text.length });
    expect(() => counted.line("a", "ab", "document")).toThrow("the text a has 2 tokens");
    const counting = serviceOf([], { countTokens: (text) => text.length }, { limits });
    expect(() => counting.line("a", "ab", "document")).toThrow("the text a has 2 tokens");
    expect(() => serviceOf([], {}, { limits })).toThrow(
      new TypeError(
        "limits.tokensPerInput needs the option countTokens, as the tokens of tulip-1 are only estimated: a function that " +
          "counts the tokens of a text",
      ),
    );
  });

  it.each([
    ["batchSize", "it is called batchLimits: { inputs }"],
    ["chunkSize", "it is called batchLimits: { inputs }"],
    ["concurrency", "it is an option of embedBatchJob"],
  ])("says what %s is called", (name, hint) => {
    expect(() => serviceOf([], {}, { [name]: 5 })).toThrow(`there is no option ${name}; ${hint}`);
  });

  it("refuses limits of a batch above those that the service has for certain", () => {
    const open = (maxBatchLimits: BatchProvider["maxBatchLimits"], inputs: number) =>
      serviceOf([], { maxBatchLimits }, { batchLimits: { inputs } }).batchLimits.inputs;
    expect(() => open({ inputs: 50_000 }, 50_001)).toThrow(
      new RangeError(
        "batchLimits.inputs must be 50,000 at most, which is the limit of Tulip for one batch, not 50,001",
      ),
    );
    expect(() => serviceOf([], {}, { batchLimits: null as never })).toThrow(TypeError);
    expect([open({ inputs: 50_000 }, 50_000), open({ bytes: 1 }, 60_000), open(undefined, 60_000)]).toEqual([
      50_000, 60_000, 60_000,
    ]);
  });

  it("refuses arguments that are none before it sends anything", async () => {
    const service = serviceOf([]);
    await expect(service.status("")).rejects.toThrow(TypeError);
    await expect(service.find("a b")).rejects.toThrow(
      'the name of an input must be 1 to 64 letters, digits, "-" and "_", not one of 3 characters',
    );
    await expect(service.submit({ ...input, open: undefined } as never)).rejects.toThrow("open must be");
    await expect(service.submit(input, { checked: 1 } as never)).rejects.toThrow("checked must be");
    expect(() => service.line("a", "x".repeat(21), "document")).toThrow(
      "the text a has 21 characters, and the provider takes at most 20; cut it into passages",
    );
    expect(() => service.openCache(5 as never, "document")).toThrow(TypeError);
    // For a model, it would be a cache in memory.
    expect(() => service.openCache(true as never, "document")).toThrow(
      "cache must be a store with get and set (new Map(), a Keyv), memoryStore(), or { store, … }, not boolean true",
    );
  });
});
