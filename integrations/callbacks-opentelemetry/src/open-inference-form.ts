import type { AnyEventEnd, AnyEventStart, EventStart } from "@llx/callbacks";
import type { Attributes } from "@opentelemetry/api";
import { openInference } from "./conventions.ts";
import { type Facts, otherFacts, serverAttributes, spanName } from "./event-attributes.ts";
import { inputMessages, type Message, outputMessages } from "./messages.ts";
import { providerName } from "./provider-name.ts";
import { type CallResult, type SpanForm, toJson } from "./span-form.ts";

/** The kinds of spans; any other event is a `CHAIN`. */
const kinds: ReadonlyMap<string, string> = new Map([
  ["embedding", "EMBEDDING"],
  ["llm", "LLM"],
  ["retrieve", "RETRIEVER"],
  ["reranking", "RERANKER"],
  ["function_call", "TOOL"],
  ["agent_step", "AGENT"],
  ["templating", "PROMPT"],
]);

/** How OpenInference writes the providers that it names otherwise than OpenTelemetry. */
const providers: Readonly<Record<string, string>> = {
  "aws.bedrock": "aws",
  "azure.ai.inference": "azure",
  "azure.ai.openai": "azure",
  "gcp.gemini": "google",
  "gcp.gen_ai": "google",
  "gcp.vertex_ai": "google",
  mistral_ai: "mistralai",
  moonshot_ai: "moonshot",
  x_ai: "xai",
};

/** Whose API a provider has, where that is not its own. */
const systems: Readonly<Record<string, string>> = {
  "azure.ai.openai": "openai",
  "gcp.vertex_ai": "vertexai",
};

/**
 * How many texts or messages are listed one by one. A span of the SDK keeps 128 attributes, and the first ones: more
 * would leave no room for those of the end. `input.value` has them all.
 */
const mostListed = 32;

/** The conventions of OpenInference, which Phoenix and others read. */
export const openInferenceForm: SpanForm = {
  nameOf: (event) => (event.type === "embedding" ? "CreateEmbeddings" : spanName(event)),
  startAttributes: (event) => ({
    [openInference.spanKind]: kinds.get(event.type) ?? "CHAIN",
    ...requestAttributes(event),
    ...serverAttributes(event.payload as Facts),
    ...otherFacts(event, event.payload as Facts),
    ...startContent(event),
  }),
  endAttributes: (event, result) => ({
    ...responseAttributes(event, result),
    ...otherFacts(event, event.endPayload as Facts),
    ...endContent(event, result.streamed),
  }),
  plain: { [openInference.spanKind]: "CHAIN" },
};

function requestAttributes(event: EventStart): Attributes {
  const facts = event.payload as Facts;
  const { model, provider, encodingFormat, name, topK } = facts;
  switch (event.type) {
    case "embedding":
      return {
        ...given(openInference.embeddingModelName, model),
        ...(typeof encodingFormat === "string" && {
          [openInference.embeddingInvocationParameters]: toJson({ encoding_format: encodingFormat }),
        }),
      };
    case "llm":
      return {
        ...given(openInference.llmModelName, model),
        ...given(openInference.llmRequestModelName, model),
        ...(typeof provider === "string" && providerAttributes(providerName(provider))),
      };
    case "reranking":
      return { ...given(openInference.rerankerModelName, model), ...given(openInference.rerankerTopK, topK) };
    case "function_call":
      return given(openInference.toolName, name);
    case "agent_step":
      return given(openInference.agentName, name);
    default:
      return {};
  }
}

function providerAttributes(name: string): Attributes {
  const provider = providers[name] ?? name;
  return { [openInference.llmProvider]: provider, [openInference.llmSystem]: systems[name] ?? provider };
}

function responseAttributes(event: AnyEventEnd, { tokens }: CallResult): Attributes {
  const { model, finishReason } = event.endPayload as Facts;
  const counts = {
    ...given(openInference.promptTokens, tokens.input),
    ...given(openInference.completionTokens, tokens.output),
    ...given(openInference.totalTokens, tokens.total),
  };
  if (event.type === "embedding") return { ...given(openInference.embeddingModelName, model), ...counts };
  if (event.type !== "llm") return {};
  return {
    ...given(openInference.llmModelName, model),
    ...given(openInference.llmResponseModelName, model),
    ...given(openInference.llmFinishReason, finishReason),
    ...counts,
  };
}

function startContent(event: AnyEventStart): Attributes {
  const { content } = event.payload as { readonly content?: unknown };
  if (content === undefined || content === null) return {};
  const { texts, prompt, query } = content as Facts;
  if (event.type === "embedding" && Array.isArray(texts)) {
    const listed: readonly unknown[] = texts.length > mostListed ? [] : texts;
    const list = listed.map((text, index) => [
      `${openInference.embeddingEmbeddings}.${index}.${openInference.embeddingText}`,
      text,
    ]);
    return { ...input(texts), ...(Object.fromEntries(list) as Attributes) };
  }
  if (event.type === "llm") {
    if (prompt === undefined) return {};
    return { ...input(prompt), ...listMessages(openInference.llmInputMessages, inputMessages(prompt)) };
  }
  return {
    ...input(typeof query === "string" ? query : content),
    ...(event.type === "reranking" && given(openInference.rerankerQuery, query)),
  };
}

/** Vectors are left out. */
function endContent(event: AnyEventEnd, streamed: string): Attributes {
  const { content, finishReason } = event.endPayload as { content?: unknown; finishReason?: string };
  if (event.type === "llm") {
    const { completion } = (content ?? {}) as Facts;
    const result = completion ?? (streamed || undefined);
    if (result === undefined) return {};
    const messages = outputMessages(result, finishReason);
    return { ...output(result), ...listMessages(openInference.llmOutputMessages, messages) };
  }
  if (content === undefined || content === null || event.type === "embedding") return {};
  const { response } = content as Facts;
  return output(typeof response === "string" ? response : content);
}

function listMessages(prefix: string, messages: readonly Message[]): Attributes {
  if (messages.length > mostListed) return {};
  const attributes: Attributes = {};
  for (const [index, { role, parts }] of messages.entries()) {
    attributes[`${prefix}.${index}.${openInference.messageRole}`] = role;
    const texts = parts.filter(isText).map(({ content }) => content);
    if (texts.length > 0) {
      attributes[`${prefix}.${index}.${openInference.messageContent}`] = texts.join("\n");
    }
  }
  return attributes;
}

function isText(part: unknown): part is { readonly content: string } {
  const { type, content } = part as Facts;
  return type === "text" && typeof content === "string";
}

function input(value: unknown): Attributes {
  const { inputValue, inputMimeType } = openInference;
  return valueAttributes(inputValue, inputMimeType, value);
}

function output(value: unknown): Attributes {
  const { outputValue, outputMimeType } = openInference;
  return valueAttributes(outputValue, outputMimeType, value);
}

function valueAttributes(key: string, mimeKey: string, value: unknown): Attributes {
  return typeof value === "string"
    ? { [key]: value, [mimeKey]: "text/plain" }
    : { [key]: toJson(value), [mimeKey]: "application/json" };
}

function given(key: string, value: unknown): Attributes {
  return typeof value === "string" || typeof value === "number" ? { [key]: value } : {};
}
