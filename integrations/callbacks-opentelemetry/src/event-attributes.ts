import type { EventEnd, EventStart, Usage } from "@llx/callbacks";
import type { Attributes } from "@opentelemetry/api";
import { genAi, general } from "./conventions.ts";

/** Events that are one request to a model, with the conventions' name of the operation. */
const operations: ReadonlyMap<string, string> = new Map([
  ["embedding", "embeddings"],
  ["llm", "chat"],
]);

type Facts = Readonly<Record<string, unknown>>;

/** Facts with their own name in the conventions, on all events or on requests to models. */
const conventional: ReadonlySet<string> = new Set(["serverAddress", "serverPort"]);
const conventionalOfCalls: ReadonlySet<string> = new Set([...conventional, "dimensions"]);

/** Facts whose value is a name, not a text. */
const names: ReadonlySet<string> = new Set(["inputType", "name", "requestId"]);

/** The conventions' name of an event's operation; `undefined` if it is not a request to a model. */
export function operationOf(event: EventStart): string | undefined {
  return operations.get(event.type);
}

/** The attributes known when an event starts. Samplers see them. */
export function startAttributes(event: EventStart): Attributes {
  const facts = event.payload as Facts;
  const operation = operationOf(event);
  return {
    ...(operation !== undefined && { [genAi.operationName]: operation }),
    ...modelAttributes(facts, genAi.requestModel),
    ...otherFacts(facts, operation !== undefined),
  };
}

/**
 * The attributes known when an event has ended, except the error.
 *
 * @param firstChunkAfter milliseconds to the first chunk of its stream, if it has one
 */
export function endAttributes(event: EventEnd, firstChunkAfter: number | undefined): Attributes {
  const facts = event.endPayload as Facts;
  const isCall = operationOf(event) !== undefined;
  const attributes: Attributes = {
    ...modelAttributes(facts, genAi.responseModel),
    ...otherFacts(facts, isCall),
  };
  if (!isCall) return attributes;
  const { inputTokens, outputTokens } = tokensOf(event);
  if (inputTokens !== undefined) attributes[genAi.usageInputTokens] = inputTokens;
  if (outputTokens !== undefined) attributes[genAi.usageOutputTokens] = outputTokens;
  if (firstChunkAfter !== undefined) {
    attributes[genAi.requestStream] = true;
    attributes[genAi.responseTimeToFirstChunk] = firstChunkAfter / 1000;
  }
  const { dimensions, finishReason } = facts;
  if (typeof dimensions === "number") attributes[genAi.embeddingsDimensionCount] = dimensions;
  if (typeof finishReason === "string") attributes[genAi.responseFinishReasons] = [finishReason];
  return attributes;
}

/** The token counts that a service reports. For an embedding, all tokens are input. */
export function tokensOf(event: EventEnd): Pick<Usage, "inputTokens" | "outputTokens"> {
  const { usage } = event.endPayload as { readonly usage?: Usage };
  const input = usage?.inputTokens ?? (event.type === "embedding" ? usage?.totalTokens : undefined);
  return { inputTokens: input, outputTokens: usage?.outputTokens };
}

function modelAttributes(facts: Facts, modelName: string): Attributes {
  const { provider, model, serverAddress, serverPort } = facts;
  return {
    ...(typeof provider === "string" && { [genAi.providerName]: providerName(provider) }),
    ...(typeof model === "string" && { [modelName]: model }),
    ...(typeof serverAddress === "string" && { [general.serverAddress]: serverAddress }),
    ...(typeof serverPort === "number" && { [general.serverPort]: serverPort }),
  };
}

/** As the conventions write them: `openai`, `mistral_ai`. */
function providerName(provider: string): string {
  return provider.toLowerCase().replaceAll(" ", "_");
}

/** Counts, sizes and names as `llx.…`. Other strings may be texts. */
function otherFacts(facts: Facts, isCall: boolean): Attributes {
  const attributes: Attributes = {};
  const named = isCall ? conventionalOfCalls : conventional;
  for (const [key, value] of Object.entries(facts)) {
    if (named.has(key)) continue;
    const shown =
      typeof value === "number" ||
      typeof value === "boolean" ||
      (names.has(key) && typeof value === "string");
    if (shown) attributes[`llx.${snakeCase(key)}`] = value;
  }
  return attributes;
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
