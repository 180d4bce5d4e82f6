import { AsyncLocalStorage } from "node:async_hooks";
import type { Usage } from "@llx/callbacks";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { BudgetError, MoneyBudget } from "../costs.ts";
import type { EmbeddingModel, EmbeddingModelOptions, EmbeddingProvider } from "../index.ts";
import { EmbeddingBatchError } from "../index.ts";
import { failureOf, fake, turn } from "../testing/lengths-provider.ts";

/** One unit of money for a token. */
const prices = { lengths: { input: 1_000_000 }, free: { input: 0 } };
/** One token for each character. */
const countTokens = (text: string): number => text.length;
const once = { retry: { attempts: 1 } };

/** What services report of a stream, at any of its chunks. */
const gemini = (output: number) => ({
  promptTokenCount: 10,
  candidatesTokenCount: output,
  totalTokenCount: 10 + output,
});
const openai = (output: number) => ({
  prompt_tokens: 10,
  completion_tokens: output,
  total_tokens: 10 + output,
});

const vectors = (texts: readonly string[]) => texts.map((_, index) => ({ index, embedding: [1, 2] }));

/** A model whose service bills as many tokens as there are characters, unless it is told otherwise. */
function billed(
  budget: MoneyBudget,
  bill: (texts: readonly string[]) => number | undefined = (texts) => texts.join("").length,
  options: EmbeddingModelOptions = {},
  more: Partial<EmbeddingProvider> = {},
) {
  return fake(
    {
      embed: async ({ texts }) => {
        await turn();
        const tokens = bill(texts);
        return {
          embeddings: vectors(texts),
          ...(tokens !== undefined && { usage: { totalTokens: tokens } }),
        };
      },
      ...more,
    },
    { countTokens, budget, ...once, ...options },
  ).model;
}

describe("a budget", () => {
  it("counts what the service reports, not what was expected", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    await billed(budget, () => 7).getTextEmbeddingBatch(["a".repeat(100), "b"]);
    expect({ spent: budget.spent, reserved: budget.reserved, limit: budget.limit }).toEqual({
      spent: 7,
      reserved: 0,
      limit: 1_000,
    });
  });

  it("reserves before a request is sent", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const seen: number[] = [];
    const model = billed(budget, (texts) => {
      seen.push(budget.reserved);
      return texts[0]!.length;
    });
    await model.getTextEmbedding("a".repeat(100));
    await model.getTextEmbedding("a".repeat(192));
    // 100 tokens and 8 around the text, and a quarter more; then 200 times 100/108, and a tenth more.
    expect(seen[0]).toBe(135);
    expect(seen[1]).toBeCloseTo(203.7, 1);
  });

  it("counts the whole reserve where the service reports no usage", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    await billed(budget, () => undefined).getTextEmbedding("a".repeat(72));
    expect(budget.spent).toBe(100);
  });

  it("stops before it is passed, with one clear error, and keeps what is done", async () => {
    const budget = new MoneyBudget({ limit: 100, prices });
    const model = billed(budget, undefined, { workers: 1 }, { limits: { inputs: 1 } });
    const texts = ["a".repeat(40), "b".repeat(40), "c".repeat(40), "d".repeat(40)];
    const error = await failureOf(model.getTextEmbeddingBatch(texts));
    expect(error).toBeInstanceOf(EmbeddingBatchError);
    const { cause, failed, retryable } = error as EmbeddingBatchError;
    expect(failed.map(({ index }) => index)).toEqual([2, 3]);
    expect(retryable).toBe(false);
    expect(cause).toBeInstanceOf(BudgetError);
    expect(cause).toMatchObject({ model: "lengths", limit: 100, spent: 80, reserved: 0, retryable: false });
    expect((cause as BudgetError).message).toBe(
      "the budget of 100 does not suffice: 80 is spent, 0 is reserved for requests in flight, and a request to lengths " +
        "needs 44, with a margin; raise limit, or make requests smaller: with limits: { inputs } for an embedding model, fewer output tokens for a language model",
    );
  });

  it("fails the remaining texts of a call that settles", async () => {
    const budget = new MoneyBudget({ limit: 100, prices });
    const model = billed(budget, undefined, { workers: 4 }, { limits: { inputs: 1 } });
    const texts = Array.from({ length: 6 }, (_, index) => String(index).repeat(40));
    const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
    expect(embeddings.map((embedding) => embedding !== undefined)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    for (const { error } of failed) expect(error).toBeInstanceOf(BudgetError);
    expect(budget.spent).toBe(80);
    const rows = await Array.fromAsync(model.streamTextEmbeddings(["e".repeat(40), "f"], { settle: true }));
    expect(rows.map(({ error }) => error instanceof BudgetError)).toEqual([true, false]);
  });

  it("returns the reserve of what is not billed, and not of what may be", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const failing = (error: Error) => {
      const embed = async () => {
        throw error;
      };
      return billed(budget, undefined, {}, { embed }).getTextEmbedding("a".repeat(72));
    };
    await failureOf(failing(Object.assign(new Error("no"), { status: 400, retryable: false })));
    await failureOf(failing(Object.assign(new Error("busy"), { refused: true, retryable: false })));
    expect(budget.spent).toBe(0);
    await failureOf(failing(new Error("the connection was lost")));
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 100, reserved: 0 });
  });

  it("bills each attempt", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    let attempts = 0;
    const model = billed(
      budget,
      undefined,
      { retry: { attempts: 3, delay: 0 } },
      {
        embed: async ({ texts }) => {
          if (++attempts < 3) throw new Error("lost");
          return { embeddings: vectors(texts), usage: { inputTokens: 72 } };
        },
      },
    );
    await model.getTextEmbedding("a".repeat(72));
    expect(budget.spent).toBe(272);
  });

  it("bills an answer whose vectors are invalid", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const embed = async () => ({ embeddings: [{ embedding: [Number.NaN, 1] }], usage: { totalTokens: 9 } });
    await failureOf(billed(budget, undefined, {}, { embed }).getTextEmbedding("a"));
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 9, reserved: 0 });
  });

  it("sends one request at a time until it knows what one costs", async () => {
    const budget = new MoneyBudget({ limit: 10_000, prices });
    let atOnce = 0;
    const most: number[] = [];
    const model = billed(
      budget,
      undefined,
      { workers: 4 },
      {
        limits: { inputs: 1 },
        embed: async ({ texts }) => {
          most.push(++atOnce);
          await turn();
          atOnce--;
          return { embeddings: vectors(texts), usage: { totalTokens: 10 } };
        },
      },
    );
    await model.getTextEmbeddingBatch(["a", "b", "c", "d", "e"]);
    expect(most[0]).toBe(1);
    expect(Math.max(...most)).toBe(4);
    expect(most.slice(0, 2)).toEqual([1, 1]);
  });

  it("is shared by models, and free models cost nothing", async () => {
    const budget = new MoneyBudget({ limit: 100, prices: { ...prices, other: { input: 2_000_000 } } });
    const other = billed(budget, undefined, {}, { model: "other" });
    await other.getTextEmbedding("a".repeat(30));
    expect(budget.spent).toBe(60);
    const free = billed(budget, undefined, {}, { model: "free" });
    await free.getTextEmbedding("a".repeat(10_000));
    await failureOf(billed(budget).getTextEmbedding("a".repeat(50)));
    expect(budget.spent).toBe(60);
    await free.getTextEmbedding("a".repeat(10_000));
  });

  it("lets a waiting request be aborted, which costs nothing", async () => {
    const budget = new MoneyBudget({ limit: 150, prices });
    const gate = Promise.withResolvers<void>();
    const model = billed(
      budget,
      undefined,
      {},
      {
        embed: async ({ texts }) => {
          await gate.promise;
          return { embeddings: vectors(texts), usage: { totalTokens: 40 } };
        },
      },
    );
    const first = model.getTextEmbedding("a".repeat(40));
    const controller = new AbortController();
    const second = model.getTextEmbedding("b".repeat(40), { signal: controller.signal });
    await turn();
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await failureOf(second)).toBe(reason);
    gate.resolve();
    await first;
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 40, reserved: 0 });
  });

  it("reserves nothing for long where a call is aborted before its request is sent", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const reserve = await budget
      .open("lengths")
      .reserve({ tokens: 72, inputs: 1 }, new AbortController().signal);
    expect(budget.reserved).toBe(100);
    reserve.cancel();
    reserve.failed(new Error("later"));
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 0, reserved: 0 });
  });

  it("counts the output of a language model by its own price", async () => {
    const tiny = { input: 1_000_000, output: 4_000_000 };
    const budget = new MoneyBudget({ limit: 1_000, prices: { tiny } });
    const model = budget.open("tiny");
    const { signal } = new AbortController();
    const spentBy = async (usage: Usage): Promise<number> => {
      const before = budget.spent;
      (await model.reserve({ tokens: 92, inputs: 1 }, signal)).answered(usage);
      return budget.spent - before;
    };
    expect(await spentBy({ inputTokens: 100, outputTokens: 20 })).toBe(180);
    expect(await spentBy({ inputTokens: 50, outputTokens: 10, totalTokens: 60 })).toBe(90);
    // Thoughts of a model may be in the total alone.
    expect(await spentBy({ inputTokens: 50, outputTokens: 10, totalTokens: 65 })).toBe(110);
    expect(await spentBy({ outputTokens: 10, totalTokens: 60 })).toBe(90);
    // The highest cost of the expected tokens so far, and a tenth more.
    const reserve = await model.reserve({ tokens: 92, inputs: 1 }, signal);
    expect(budget.reserved).toBeCloseTo(198);
    reserve.cancel();
    expect(await spentBy({ outputTokens: 10 })).toBeCloseTo(198);
  });

  it("reads a usage in the names of a service, also in its response", async () => {
    const budget = new MoneyBudget({
      limit: 1_000,
      prices: { tiny: { input: 1_000_000, output: 4_000_000 } },
    });
    const model = budget.open("tiny");
    const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
    (await model.reserve({ tokens: 92, inputs: 1 })).answered(usage);
    (await model.reserve({ tokens: 92, inputs: 1 })).answered({ id: "1", usage });
    expect(budget.spent).toBe(180);
  });

  it("warns once of a usage that it cannot read, and counts what was reserved", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const model = budget.open("lengths");
    for (const usage of [undefined, null, {}, { tokensUsed: 30 }, { inputTokens: Number.NaN }]) {
      // oxlint-disable-next-line no-await-in-loop
      (await model.reserve({ tokens: 72, inputs: 1 })).answered(usage);
    }
    expect(budget.spent).toBeCloseTo(500);
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("a usage of lengths has no counts of tokens (tokensUsed), so"),
      { type: "UsageUnread", code: "LLX_USAGE_UNREAD" },
    );
  });

  it.each([
    [undefined, "reserve takes what is expected, such as { tokens: 250, inputs: 1 }, not undefined"],
    [10, "reserve takes what is expected, such as { tokens: 250, inputs: 1 }, not number 10"],
    [{}, "tokens must be a number from 0, such as { tokens: 250, inputs: 1 }, not undefined"],
    [{ tokens: Number.NaN, inputs: 1 }, "tokens must be a number from 0, such as"],
    [
      { tokens: -5, inputs: 1 },
      "tokens must be a number from 0, such as { tokens: 250, inputs: 1 }, not number -5",
    ],
    [{ tokens: "10", inputs: 1 }, "tokens must be a number from 0, such as"],
    [{ tokens: 10, texts: 1 }, "there is no option texts"],
    [{ tokens: 10, inputs: 1, maxTokens: 5 }, "there is no option maxTokens; it is called outputTokens"],
  ])("refuses to reserve for %o, and reserves nothing", async (expected, message) => {
    const budget = new MoneyBudget({ limit: 5, prices });
    await expect(budget.open("lengths").reserve(expected as never)).rejects.toThrow(message);
    expect(budget.reserved).toBe(0);
  });

  it("sends one request at a time also where only the output costs", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices: { tiny: { input: 0, output: 1_000_000 } } });
    const model = budget.open("tiny");
    const { signal } = new AbortController();
    const first = await model.reserve({ tokens: 92, inputs: 1 }, signal);
    const second = model.reserve({ tokens: 92, inputs: 1 }, signal);
    await turn();
    first.answered({ inputTokens: 10, outputTokens: 20 });
    await second;
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({
      spent: 20,
      reserved: expect.closeTo(22),
    });
  });

  it.each([
    [{ limit: 0, prices }, "limit must be an amount of money above 0, not 0"],
    [{ limit: Number.NaN, prices }, "limit must be an amount of money above 0, not NaN"],
    [{ limit: "5", prices }, 'limit must be a number, not the string "5"'],
    [{ limit: 5 }, "prices must be an object"],
    [
      { limit: 5, prices: { tiny: { input: 0.5, outputs: 2 } } },
      "there is no option prices.tiny.outputs; did you mean prices.tiny.output?",
    ],
    [
      { limit: 5, prices: { a: { input: -1 } } },
      "prices.a.input must be a number from 0, for 1,000,000 tokens, not number -1",
    ],
    [
      { limit: 5, prices: { a: { input: 1, output: -2 } } },
      "prices.a.output must be a number from 0, for 1,000,000 tokens, not number -2",
    ],
    [{ usd: 5, prices }, "there is no option usd"],
  ])("refuses %j", (options, message) => {
    expect(() => new MoneyBudget(options as never)).toThrow(message);
  });

  it("refuses a model without a price when it is created, and what is no budget", () => {
    const budget = new MoneyBudget({ limit: 5, prices: {} });
    expect(() => billed(budget)).toThrow(
      new RangeError(
        "the budget has no price of lengths, so that it cannot limit what it costs: add it to prices, as in " +
          '{ "lengths": { input: 0.02 } } for 1,000,000 tokens, or { input: 0 } if it is free',
      ),
    );
    expect(() => fake({}, { budget: { limit: 5 } as never })).toThrow(
      new TypeError(
        "budget must be a MoneyBudget of @llx/embeddings/costs, or an object with its method open",
      ),
    );
  });

  it("ends a reserve with its block: unless it has ended before, all of it counts as used", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const model = budget.open("lengths");
    /** Reports its usage at the end, which only some readers wait for. */
    async function* stream(): AsyncGenerator<string> {
      using reserve = await model.reserve({ tokens: 72, inputs: 1 });
      yield* ["a", "b"];
      reserve.answered({ inputTokens: 5 });
    }
    for await (const part of stream()) if (part === "a") break;
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 100, reserved: 0 });
    expect(await Array.fromAsync(stream())).toEqual(["a", "b"]);
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 105, reserved: 0 });
  });

  it("covers the output of streams that are left, if their maximum is known", async () => {
    const tiny = { input: 1_000_000, output: 4_000_000 };
    const budget = new MoneyBudget({ limit: 1_000, prices: { tiny } });
    const model = budget.open("tiny");
    const expected = { tokens: 12, inputs: 1, outputTokens: 50 };
    // Of a short answer, which says nothing of the next ones: 20 tokens expected, 10 billed, and 5 of output.
    const first = await model.reserve(expected);
    expect(budget.reserved).toBe(20 * 1.25 + 50 * 4);
    first.answered({ inputTokens: 10, outputTokens: 5 });
    expect(budget.spent).toBe(10 + 5 * 4);
    const left = async (): Promise<void> => {
      (await model.reserve(expected))[Symbol.dispose]();
    };
    // What an expected token has cost, and a tenth more.
    const most = 20 * (10 / 20) * 1.1 + 50 * 4;
    for (let count = 1; count <= 4; count++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await left();
      expect(budget.spent).toBeCloseTo(30 + count * most);
    }
    await expect(left()).rejects.toThrow(BudgetError);
    expect(budget.reserved).toBe(0);
  });

  it("sends nothing where output at its maximum could exceed what is left, and learns for others from none", async () => {
    const budget = new MoneyBudget({ limit: 100, prices: { tiny: { input: 0, output: 1_000_000 } } });
    const model = budget.open("tiny");
    await expect(model.reserve({ tokens: 1, inputs: 1, outputTokens: 101 })).rejects.toThrow(BudgetError);
    (await model.reserve({ tokens: 0, inputs: 0, outputTokens: 60 })).answered({
      inputTokens: 5,
      outputTokens: 7,
    });
    expect([budget.spent, budget.reserved]).toEqual([7, 0]);
    (await model.reserve({ tokens: 92, inputs: 1 })).cancel();
    await expect(model.reserve({ tokens: 1, inputs: 1, outputTokens: Number.NaN })).rejects.toThrow(
      "outputTokens must be a number from 0",
    );
  });

  it.each([
    ["Gemini: with each chunk, so far", [gemini(1), gemini(50), gemini(100)]],
    ["OpenAI: in the last chunk, null before", [null, null, openai(100)]],
    ["others: in the first chunk, too, nothing before it is known", [{}, openai(0), openai(100)]],
    [
      "Anthropic: input first, output later",
      [{ input_tokens: 10, output_tokens: 1 }, { output_tokens: 60 }, { output_tokens: 100 }],
    ],
  ])("counts the last report of a stream: %s", async (_service, reports) => {
    const tiny = { input: 1_000_000, output: 4_000_000 };
    const budget = new MoneyBudget({ limit: 2_000, prices: { tiny } });
    const model = budget.open("tiny");
    for (let calls = 1; calls <= 3; calls++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      using reserve = await model.reserve({ tokens: 10, inputs: 1, outputTokens: 200 });
      for (const report of reports) reserve.answered(report);
      expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: calls * 410, reserved: 0 });
    }
  });

  it("warns once of reports that end a reserve before its whole cost is known", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const model = new MoneyBudget({ limit: 1_000, prices }).open("lengths");
    const report = async (...tokens: (number | undefined)[]): Promise<void> => {
      const reserve = await model.reserve({ tokens: 72, inputs: 1 });
      for (const totalTokens of tokens) reserve.answered(totalTokens === undefined ? null : { totalTokens });
    };
    await report(undefined, 80);
    await report(80, 80);
    await report(80, 20);
    expect(warned).not.toHaveBeenCalled();
    await report(20, 80);
    await report(20, 80);
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("call answered once, with the whole usage, after the last chunk of a stream"),
      { type: "UsageLate", code: "LLX_USAGE_LATE" },
    );
  });

  it("counts, with a warning, what a call reports that nobody awaited in the block of its reserve", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const tiny = { input: 1_000_000, output: 4_000_000 };
    const budget = new MoneyBudget({ limit: 2_000, prices: { tiny } });
    const model = budget.open("tiny");
    let sent = 0;
    const ask = async (): Promise<void> => {
      using reserve = await model.reserve({ tokens: 12, inputs: 1 });
      sent++;
      return turn().then(() => reserve.answered({ inputTokens: 20, outputTokens: 100 }));
    };
    const run = async (): Promise<never> => {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (;;) await ask();
    };
    await expect(run()).rejects.toThrow(BudgetError);
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: sent * 420, reserved: 0 });
    expect(sent).toBe(4);
    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining("and await the call within the block of its reserve"),
      { type: "UsageLate", code: "LLX_USAGE_LATE" },
    );
  });

  it("lets a waiting request go on where a later report returns enough", async () => {
    const budget = new MoneyBudget({ limit: 220, prices });
    const model = budget.open("lengths");
    const first = await model.reserve({ tokens: 72, inputs: 1 });
    first.answered({ totalTokens: 80 });
    const second = await model.reserve({ tokens: 72, inputs: 1 });
    const third = model.reserve({ tokens: 72, inputs: 1 });
    first.answered({ totalTokens: 20 });
    (await third).cancel();
    second.cancel();
    expect({ spent: budget.spent, reserved: budget.reserved }).toEqual({ spent: 20, reserved: 0 });
  });

  it("takes what a usage does not say as expected: its input, and its output at the maximum", async () => {
    const tiny = { input: 1_000_000, output: 4_000_000 };
    const budget = new MoneyBudget({ limit: 10_000, prices: { tiny } });
    const model = budget.open("tiny");
    const spentBy = async (usage: Usage, outputTokens?: number): Promise<number> => {
      const before = budget.spent;
      (await model.reserve({ tokens: 10, inputs: 1, outputTokens })).answered(usage);
      return budget.spent - before;
    };
    expect(await spentBy({ totalTokens: 110 })).toBe(10 + 100 * 4);
    expect(await spentBy({ totalTokens: 110 }, 200)).toBe(10 + 100 * 4);
    expect(await spentBy({ totalTokens: 8 })).toBe(8);
    expect(await spentBy({ inputTokens: 9 })).toBe(9);
    expect(await spentBy({ inputTokens: 9 }, 200)).toBe(9 + 200 * 4);
  });

  it("refuses a usage that nobody has awaited", async () => {
    const budget = new MoneyBudget({ limit: 1_000, prices });
    const reserve = await budget.open("lengths").reserve({ tokens: 72, inputs: 1 });
    expect(() => reserve.answered(Promise.resolve({ inputTokens: 5 }))).toThrow(
      new TypeError("usage is a promise; await it, as in answered(await result.usage)"),
    );
    reserve.answered({ inputTokens: 5 });
    expect(budget.spent).toBe(5);
  });

  it("warns where calls wait for reserves that do not end", async () => {
    vi.useFakeTimers();
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => void vi.useRealTimers());
    onTestFinished(() => warn.mockRestore());
    const account = new MoneyBudget({ limit: 1_000, prices }).open("lengths");
    const forgotten = await account.reserve({ tokens: 72, inputs: 1 });
    const waiting = Promise.all([1, 2].map(() => account.reserve({ tokens: 72, inputs: 1 })));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(warn).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(warn.mock.calls).toEqual([
      [
        "a call of lengths waits for what is reserved for others, 100, and no reserve has ended for 60 seconds; each has to end, " +
          "with answered, failed or cancel, also where a call fails or a reader leaves: declare it with using",
        { type: "BudgetWaits", code: "LLX_BUDGET_WAITS" },
      ],
    ]);
    forgotten.answered({ inputTokens: 72 });
    await expect(waiting).resolves.toHaveLength(2);
  });

  it("warns before the process ends, where nothing else is left to do", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => warn.mockRestore());
    const account = new MoneyBudget({ limit: 1_000, prices }).open("lengths");
    const forgotten = await account.reserve({ tokens: 72, inputs: 1 });
    const waiting = account.reserve({ tokens: 72, inputs: 1 });
    await turn();
    process.emit("beforeExit", 0);
    expect(warn.mock.calls).toEqual([
      [
        "a call of lengths waits for what is reserved for others, 100, and no reserve ends any more, as the process has nothing else " +
          "to do; each has to end, with answered, failed or cancel, also where a call fails or a reader leaves: declare it with using",
        { type: "BudgetWaits", code: "LLX_BUDGET_WAITS" },
      ],
    ]);
    forgotten.cancel();
    (await waiting).cancel();
    process.emit("beforeExit", 0);
    expect(warn.mock.calls.length).toBe(1);
  });

  it("does not warn while reserves end", async () => {
    vi.useFakeTimers();
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    onTestFinished(() => void vi.useRealTimers());
    onTestFinished(() => warn.mockRestore());
    const account = new MoneyBudget({ limit: 1_000, prices }).open("lengths");
    const first = await account.reserve({ tokens: 72, inputs: 1 });
    const second = account.reserve({ tokens: 720, inputs: 1 });
    const third = account.reserve({ tokens: 720, inputs: 1 });
    await vi.advanceTimersByTimeAsync(50_000);
    first.answered({ inputTokens: 80 });
    const reserved = await second;
    await vi.advanceTimersByTimeAsync(50_000);
    reserved.cancel();
    await third;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(warn).not.toHaveBeenCalled();
  });

  it("keeps no async context of the request before", async () => {
    const storage = new AsyncLocalStorage<string>();
    const budget = new MoneyBudget({ limit: 10_000, prices });
    const seen: (string | undefined)[] = [];
    const model = billed(
      budget,
      undefined,
      { workers: 2 },
      {
        embed: async ({ texts }) => {
          seen.push(storage.getStore());
          await turn();
          return { embeddings: vectors(texts), usage: { totalTokens: 10 } };
        },
      },
    );
    await Promise.all(["a", "b"].map((text) => storage.run(text, () => model.getTextEmbedding(text))));
    expect(new Set(seen)).toEqual(new Set(["a", "b"]));
  });
});

/** Reproducible numbers from 0 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("32 parallel callers with texts of seeded sizes", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => [seed + 1]))(
    "never pass the budget by more than one reserve, and use 98 percent of it (seed %i)",
    async (seed) => {
      vi.useFakeTimers();
      try {
        const next = random(seed);
        // About 600 requests.
        const budget = new MoneyBudget({ limit: 60_000, prices });
        let billedTokens = 0;
        let largest = 0;
        let worst = 0;
        const { model } = fake(
          {
            limits: { inputs: 8 },
            embed: async ({ texts }) => {
              const tokens = texts.join("").length;
              largest = Math.max(largest, tokens);
              await new Promise((resolve) => setTimeout(resolve, 20 + Math.floor(next() * 200)));
              const lot = next();
              if (lot < 0.03) throw Object.assign(new Error("busy"), { status: 400, retryable: false });
              // Its count is from 15 % below to 15 % above what is expected, and some texts are worse.
              const used = Math.round(tokens * (lot > 0.97 ? 1.3 : 0.85 + 0.3 * next()));
              billedTokens += used;
              worst = Math.max(worst, billedTokens - budget.limit);
              return { embeddings: vectors(texts), usage: { totalTokens: used } };
            },
          },
          { countTokens, budget, workers: 32, ...once },
        );
        const callers = Array.from({ length: 32 }, () => call(model, next));
        const done = Promise.all(callers);
        await vi.runAllTimersAsync();
        const errors = await done;
        for (const error of errors) expect((error as Error).cause).toBeInstanceOf(BudgetError);
        expect(budget.spent).toBe(billedTokens);
        expect(budget.reserved).toBe(0);
        expect(worst).toBeLessThanOrEqual(largest * 1.5);
        expect(billedTokens).toBeGreaterThanOrEqual(0.98 * budget.limit);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

/** Calls until the budget is spent. */
async function call(model: EmbeddingModel, next: () => number): Promise<unknown> {
  for (;;) {
    const texts = Array.from({ length: 1 + Math.floor(next() * 8) }, () =>
      String.fromCharCode(97 + Math.floor(next() * 26)).repeat(1 + Math.floor(next() * 40)),
    );
    // oxlint-disable-next-line no-await-in-loop -- one call after another
    const error = await failureOf(model.getTextEmbeddingBatch(texts));
    if (error instanceof EmbeddingBatchError && error.cause instanceof BudgetError) return error;
  }
}
