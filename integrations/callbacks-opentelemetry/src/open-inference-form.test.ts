import {
  LLM_INPUT_MESSAGES,
  LLM_MODEL_NAME,
  LLM_OUTPUT_MESSAGES,
  LLM_PROVIDER,
  LLM_SYSTEM,
  LLMProvider,
  LLMSystem,
  MESSAGE_CONTENT,
  MESSAGE_ROLE,
  MimeType,
  OpenInferenceSpanKind,
  SemanticConventions,
} from "@arizeai/openinference-semantic-conventions";
import { SpanKind } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { RecordedTelemetry, useAsyncContext } from "./testing/record-telemetry.ts";

useAsyncContext();

const kind = SemanticConventions.OPENINFERENCE_SPAN_KIND;

let recorded: RecordedTelemetry;
afterEach(() => recorded.aclose());

describe("spans by OpenInference", () => {
  it("are CreateEmbeddings for an embedding", async () => {
    recorded = new RecordedTelemetry({ conventions: "openinference" });
    const start = { provider: "OpenAI", model: "small", count: 2, attempt: 1, encodingFormat: "base64" };
    await recorded.manager.event("embedding", { ...start, content: { texts: ["secret"] } }, (event) =>
      event.set({
        model: "small-2",
        dimensions: 8,
        usage: { totalTokens: 7 },
        content: { vectors: [[0.125]] },
      }),
    );
    const span = recorded.span("CreateEmbeddings");
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.attributes).toEqual({
      [kind]: OpenInferenceSpanKind.EMBEDDING,
      [SemanticConventions.EMBEDDING_MODEL_NAME]: "small-2",
      "embedding.invocation_parameters": '{"encoding_format":"base64"}',
      [SemanticConventions.LLM_TOKEN_COUNT_PROMPT]: 7,
      [SemanticConventions.LLM_TOKEN_COUNT_TOTAL]: 7,
      "llx.count": 2,
      "llx.attempts": 1,
    });
  });

  it("have the texts of an embedding on request, and never its vectors", async () => {
    recorded = new RecordedTelemetry({ conventions: "openinference", captureContent: true });
    await recorded.manager.event("embedding", { model: "m", content: { texts: ["a", "b"] } }, (event) =>
      event.set({ content: { vectors: [[0.125], [0.25]] } }),
    );
    const { attributes } = recorded.span("CreateEmbeddings");
    expect(attributes).toEqual({
      [kind]: OpenInferenceSpanKind.EMBEDDING,
      [SemanticConventions.EMBEDDING_MODEL_NAME]: "m",
      [SemanticConventions.INPUT_VALUE]: '["a","b"]',
      [SemanticConventions.INPUT_MIME_TYPE]: MimeType.JSON,
      [`${SemanticConventions.EMBEDDING_EMBEDDINGS}.0.${SemanticConventions.EMBEDDING_TEXT}`]: "a",
      [`${SemanticConventions.EMBEDDING_EMBEDDINGS}.1.${SemanticConventions.EMBEDDING_TEXT}`]: "b",
    });
  });

  it("have room for the tokens, however many texts there are", async () => {
    recorded = new RecordedTelemetry({ conventions: "openinference", captureContent: true });
    const texts = Array.from({ length: 200 }, (_, index) => `text ${index}`);
    await recorded.manager.event("embedding", { model: "m", content: { texts } }, (event) =>
      event.set({ usage: { totalTokens: 400 } }),
    );
    const { attributes } = recorded.span("CreateEmbeddings");
    expect(attributes["llm.token_count.total"]).toBe(400);
    expect(JSON.parse(attributes["input.value"] as string)).toEqual(texts);
  });

  it("are LLM for a language model", async () => {
    recorded = new RecordedTelemetry({ conventions: "openinference", captureContent: true });
    const prompt = [
      { role: "system", content: "Be short." },
      {
        role: "user",
        content: [
          { type: "text", text: "Why tides?" },
          { type: "image", url: "u" },
        ],
      },
    ];
    const start = { provider: "azure.chat", model: "large", content: { prompt } };
    await recorded.manager.event("llm", start, (event) =>
      event.set({
        model: "large-2",
        finishReason: "stop",
        usage: { inputTokens: 12, outputTokens: 34 },
        content: { completion: "The moon." },
      }),
    );
    expect(recorded.span("chat large").attributes).toEqual({
      [kind]: OpenInferenceSpanKind.LLM,
      [LLM_SYSTEM]: LLMSystem.OPENAI,
      [LLM_PROVIDER]: LLMProvider.AZURE,
      [LLM_MODEL_NAME]: "large-2",
      [SemanticConventions.LLM_REQUEST_MODEL_NAME]: "large",
      [SemanticConventions.LLM_RESPONSE_MODEL_NAME]: "large-2",
      [SemanticConventions.LLM_FINISH_REASON]: "stop",
      [SemanticConventions.LLM_TOKEN_COUNT_PROMPT]: 12,
      [SemanticConventions.LLM_TOKEN_COUNT_COMPLETION]: 34,
      [SemanticConventions.LLM_TOKEN_COUNT_TOTAL]: 46,
      [SemanticConventions.INPUT_VALUE]: JSON.stringify(prompt),
      [SemanticConventions.INPUT_MIME_TYPE]: MimeType.JSON,
      [`${LLM_INPUT_MESSAGES}.0.${MESSAGE_ROLE}`]: "system",
      [`${LLM_INPUT_MESSAGES}.0.${MESSAGE_CONTENT}`]: "Be short.",
      [`${LLM_INPUT_MESSAGES}.1.${MESSAGE_ROLE}`]: "user",
      [`${LLM_INPUT_MESSAGES}.1.${MESSAGE_CONTENT}`]: "Why tides?",
      [SemanticConventions.OUTPUT_VALUE]: "The moon.",
      [SemanticConventions.OUTPUT_MIME_TYPE]: MimeType.TEXT,
      [`${LLM_OUTPUT_MESSAGES}.0.${MESSAGE_ROLE}`]: "assistant",
      [`${LLM_OUTPUT_MESSAGES}.0.${MESSAGE_CONTENT}`]: "The moon.",
    });
  });

  it("have what a stream has written", async () => {
    recorded = new RecordedTelemetry({ conventions: "openinference", captureContent: true });
    async function* write(): AsyncGenerator<string> {
      yield "The ";
      yield "moon.";
    }
    const stream = recorded.manager.stream("llm", { model: "m", content: { prompt: "Why?" } }, write);
    for await (const word of stream) expect(word).not.toBe("");
    expect(recorded.span("chat m").attributes).toMatchObject({
      "input.value": "Why?",
      "input.mime_type": "text/plain",
      "output.value": "The moon.",
    });
  });

  it.each([
    ["Mistral", LLMProvider.MISTRALAI, LLMSystem.MISTRALAI],
    ["Cohere", LLMProvider.COHERE, LLMSystem.COHERE],
    ["Gemini", LLMProvider.GOOGLE, "google"],
    ["Amazon Bedrock", LLMProvider.AWS, "aws"],
    ["google.vertex.chat", LLMProvider.GOOGLE, LLMSystem.VERTEXAI],
    ["xai.chat", LLMProvider.XAI, "xai"],
    ["moonshotai.chat", LLMProvider.MOONSHOT, "moonshot"],
    ["Ollama", LLMProvider.OLLAMA, "ollama"],
  ])("name the provider %s", async (provider, name, system) => {
    recorded = new RecordedTelemetry({ conventions: "openinference" });
    await recorded.manager.event("llm", { provider }, () => {});
    expect(recorded.span("chat").attributes).toEqual({
      [kind]: "LLM",
      [LLM_PROVIDER]: name,
      [LLM_SYSTEM]: system,
    });
  });

  it("have a kind for every event, trace and attempt", async () => {
    recorded = new RecordedTelemetry({
      conventions: "openinference",
      attempts: "spans",
      captureContent: true,
    });
    const { manager } = recorded;
    await manager.asTrace("nightly", async () => {
      await manager.event("query", { content: { query: "why?" } }, (event) =>
        event.set({ content: { response: "so" } }),
      );
      await manager.event("retrieve", { topK: 3, content: { query: "why?" } }, (event) =>
        event.set({ content: { nodes: ["so"] } }),
      );
      await manager.event("reranking", { model: "m", topK: 2, content: { query: "why?" } }, () => {});
      await manager.event("function_call", { name: "add" }, () => {});
      await manager.event("agent_step", { name: "planner" }, () => {});
      await manager.event("templating", () => {});
      await manager.event("async_job", () => manager.event("llm", { attempt: 1 }, () => {}));
    });
    const found = Object.fromEntries(recorded.spans.map(({ name, attributes }) => [name, attributes]));
    const text = { "input.value": "why?", "input.mime_type": "text/plain" };
    expect(found).toEqual({
      query: { [kind]: "CHAIN", ...text, "output.value": "so", "output.mime_type": "text/plain" },
      retrieve: {
        [kind]: "RETRIEVER",
        ...text,
        "llx.top_k": 3,
        "output.value": '{"nodes":["so"]}',
        "output.mime_type": "application/json",
      },
      reranking: {
        [kind]: "RERANKER",
        ...text,
        [SemanticConventions.RERANKER_QUERY]: "why?",
        [SemanticConventions.RERANKER_MODEL_NAME]: "m",
        [SemanticConventions.RERANKER_TOP_K]: 2,
        "llx.top_k": 2,
      },
      function_call: { [kind]: "TOOL", [SemanticConventions.TOOL_NAME]: "add", "llx.name": "add" },
      agent_step: { [kind]: "AGENT", "agent.name": "planner", "llx.name": "planner" },
      templating: { [kind]: "PROMPT" },
      attempt: { [kind]: "CHAIN", "llx.attempt": 1 },
      chat: { [kind]: "LLM", "llx.attempts": 1 },
      async_job: { [kind]: "CHAIN" },
      nightly: { [kind]: "CHAIN" },
    });
  });
});
