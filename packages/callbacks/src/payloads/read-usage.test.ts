import { describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler } from "../index.ts";
import { readUsage } from "./read-usage.ts";

describe("the usage that a service reports", () => {
  it.each([
    [
      "OpenAI, chat",
      {
        prompt_tokens: 19,
        completion_tokens: 10,
        total_tokens: 29,
        prompt_tokens_details: { cached_tokens: 16 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
      { inputTokens: 19, outputTokens: 10, totalTokens: 29 },
    ],
    ["OpenAI, embeddings", { prompt_tokens: 8, total_tokens: 8 }, { inputTokens: 8, totalTokens: 8 }],
    [
      "OpenAI, responses",
      {
        input_tokens: 36,
        input_tokens_details: { cached_tokens: 30 },
        output_tokens: 87,
        output_tokens_details: { reasoning_tokens: 50 },
        total_tokens: 123,
      },
      { inputTokens: 36, outputTokens: 87, totalTokens: 123 },
    ],
    [
      "Anthropic, whose cached tokens stand beside the others",
      {
        input_tokens: 1,
        cache_creation_input_tokens: 287,
        cache_read_input_tokens: 30_433,
        cache_creation: { ephemeral_5m_input_tokens: 287, ephemeral_1h_input_tokens: 0 },
        output_tokens: 67,
      },
      { inputTokens: 30_721, outputTokens: 67 },
    ],
    [
      "Anthropic without a cache",
      {
        input_tokens: 12,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: null,
        output_tokens: 6,
      },
      { inputTokens: 12, outputTokens: 6 },
    ],
    [
      "a gateway that speaks OpenAI's words for Anthropic, cached tokens counted in",
      { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105, cache_read_input_tokens: 90 },
      { inputTokens: 100, outputTokens: 5, totalTokens: 105 },
    ],
    [
      "Bedrock",
      {
        inputTokens: 4,
        outputTokens: 5,
        totalTokens: 109,
        cacheReadInputTokens: 70,
        cacheWriteInputTokens: 30,
      },
      { inputTokens: 104, outputTokens: 5, totalTokens: 109 },
    ],
    [
      "Gemini, whose thoughts and tool prompts stand beside the others",
      {
        usageMetadata: {
          promptTokenCount: 15,
          cachedContentTokenCount: 10,
          toolUsePromptTokenCount: 5,
          candidatesTokenCount: 359,
          thoughtsTokenCount: 661,
          totalTokenCount: 1040,
        },
      },
      { inputTokens: 20, outputTokens: 1020, totalTokens: 1040 },
    ],
    [
      "Gemini that has only thought",
      { promptTokenCount: 15, thoughtsTokenCount: 7 },
      { inputTokens: 15, outputTokens: 7 },
    ],
    [
      "Cohere, chat: what was read, not what is billed",
      {
        billed_units: { input_tokens: 6772, output_tokens: 248 },
        tokens: { input_tokens: 7596, output_tokens: 645 },
      },
      { inputTokens: 7596, outputTokens: 645 },
    ],
    [
      "Cohere, embed, in its meta",
      { meta: { api_version: { version: "2" }, billed_units: { input_tokens: 9 }, tokens: null } },
      { inputTokens: 9 },
    ],
    [
      "Cohere's SDK",
      { meta: { billedUnits: { inputTokens: 9, outputTokens: 2 } } },
      { inputTokens: 9, outputTokens: 2 },
    ],
    [
      "Cohere's whole answer",
      { response: "hi", meta: { tokens: { input_tokens: 5, output_tokens: 1 } } },
      { inputTokens: 5, outputTokens: 1 },
    ],
    ["Ollama", { prompt_eval_count: 26, eval_count: 298 }, { inputTokens: 26, outputTokens: 298 }],
    ["Voyage and Jina", { total_tokens: 10 }, { totalTokens: 10 }],
    ["Isaacus", { input_tokens: 10 }, { inputTokens: 10 }],
    ["the AI SDK, embeddings", { tokens: 11 }, { totalTokens: 11 }],
    ["the AI SDK of old", { promptTokens: 3, completionTokens: 4 }, { inputTokens: 3, outputTokens: 4 }],
    [
      "a whole answer of OpenAI",
      { id: "r", choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } },
      { inputTokens: 1, outputTokens: 0 },
    ],
    ["our own words", { inputTokens: 1, totalTokens: 3 }, { inputTokens: 1, totalTokens: 3 }],
  ])("is read: %s", (_service, told, usage) => {
    expect(readUsage(told)).toEqual(usage);
  });

  it.each([
    undefined,
    null,
    "10 tokens",
    7,
    [],
    {},
    { usage: null },
    { prompt_tokens: "19" },
    { prompt_tokens: Number.NaN, completion_tokens: -1, total_tokens: Number.POSITIVE_INFINITY },
    { meta: { billed_units: { input_tokens: null, images: 1 } } },
    { search_units: 1 },
  ])("is unknown where no count is told: %j", (told) => {
    expect(readUsage(told)).toBeUndefined();
  });

  it("is searched for only to a limited depth", () => {
    const cycle: { usage?: unknown } = {};
    cycle.usage = cycle;
    expect(readUsage(cycle)).toBeUndefined();
  });
});

describe("an event that ends with it", () => {
  async function endOf(
    type: "llm" | "embedding" | "embed_texts" | "query",
    payload: object,
  ): Promise<object> {
    const debug = new DebugHandler();
    const manager = new CallbackManager({ handlers: [debug] });
    await manager.event(type, (event) => event.set(payload));
    return debug.toJSON().events[0]!.endPayload;
  }

  it("shows it to handlers as a Usage", async () => {
    expect(
      await endOf("llm", { finishReason: "stop", usage: { prompt_tokens: 2, completion_tokens: 1 } }),
    ).toEqual({
      finishReason: "stop",
      usage: { inputTokens: 2, outputTokens: 1 },
    });
    const usage = { inputTokens: 4 };
    expect(await endOf("embedding", { meta: { billed_units: { input_tokens: 4 } } })).toMatchObject({
      usage,
    });
    expect(await endOf("embedding", { usageMetadata: { promptTokenCount: 4 } })).toMatchObject({ usage });
  });

  it("does not change a Usage", async () => {
    const usage = { inputTokens: 4, outputTokens: undefined, totalTokens: 4 };
    expect(await endOf("embed_texts", { usage })).toStrictEqual({ usage });
  });

  it("shows none of the texts of a response that is passed as usage", async () => {
    const answer = { choices: [{ message: { content: "the moon" } }], usage: { total_tokens: 3 } };
    expect(await endOf("llm", { usage: answer })).toEqual({ usage: { totalTokens: 3 } });
  });

  it("leaves the usage of other events alone", async () => {
    expect(await endOf("query", { usage: { prompt_tokens: 2 } })).toEqual({ usage: { prompt_tokens: 2 } });
  });
});
