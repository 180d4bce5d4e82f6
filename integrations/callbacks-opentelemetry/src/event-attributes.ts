import type { EventEnd, EventStart } from "@llx/callbacks";
import type { Attributes } from "@opentelemetry/api";
import { genAi, general } from "./conventions.ts";
import { providerName } from "./provider-name.ts";
import type { CallResult } from "./span-form.ts";

/** Events that are one request to a model, with the conventions' name of the operation. */
const operations: ReadonlyMap<string, string> = new Map([
  ["embedding", "embeddings"],
  ["llm", "chat"],
]);

export type Facts = Readonly<Record<string, unknown>>;

/** Facts with their own name in the conventions, on all events or on requests to models. */
const conventional: ReadonlySet<string> = new Set(["serverAddress", "serverPort"]);
const conventionalOfCalls: ReadonlySet<string> = new Set([...conventional, "attempt", "dimensions"]);

/** Facts whose value is a name, not a text. */
const names: ReadonlySet<string> = new Set(["inputType", "name", "requestId"]);

/** The conventions' name of an event's operation; `undefined` if it is not a request to a model. */
export function operationOf(event: EventStart): string | undefined {
  return operations.get(event.type);
}

/** Such as `embeddings small`, or the type of an event that is not a request to a model. */
export function spanName(event: EventStart): string {
  const operation = operationOf(event);
  const { model } = event.payload as { readonly model?: string };
  return operation === undefined ? event.type : [operation, model].filter(Boolean).join(" ");
}

/** The attributes of OpenTelemetry's conventions known when an event starts, except its content. */
export function startAttributes(event: EventStart): Attributes {
  const facts = event.payload as Facts;
  const operation = operationOf(event);
  const { encodingFormat } = facts;
  return {
    ...(operation !== undefined && { [genAi.operationName]: operation }),
    ...modelAttributes(facts, genAi.requestModel),
    ...(typeof encodingFormat === "string" && { [genAi.requestEncodingFormats]: [encodingFormat] }),
  };
}

/** The attributes of OpenTelemetry's conventions known when an event has ended, except its error and content. */
export function endAttributes(event: EventEnd, { tokens, firstChunkAfter }: CallResult): Attributes {
  const facts = event.endPayload as Facts;
  const attributes = modelAttributes(facts, genAi.responseModel);
  if (operationOf(event) === undefined) return attributes;
  if (tokens.input !== undefined) attributes[genAi.usageInputTokens] = tokens.input;
  if (tokens.output !== undefined) attributes[genAi.usageOutputTokens] = tokens.output;
  if (firstChunkAfter !== undefined) {
    attributes[genAi.requestStream] = true;
    attributes[genAi.responseTimeToFirstChunk] = firstChunkAfter / 1000;
  }
  const { dimensions, finishReason } = facts;
  if (typeof dimensions === "number") attributes[genAi.embeddingsDimensionCount] = dimensions;
  if (typeof finishReason === "string") attributes[genAi.responseFinishReasons] = [finishReason];
  return attributes;
}

function modelAttributes(facts: Facts, modelName: string): Attributes {
  const { provider, model } = facts;
  return {
    ...(typeof provider === "string" && { [genAi.providerName]: providerName(provider) }),
    ...(typeof model === "string" && { [modelName]: model }),
    ...serverAttributes(facts),
  };
}

/** The address that a request goes to, if it is reported. */
export function serverAttributes({ serverAddress, serverPort }: Facts): Attributes {
  return {
    ...(typeof serverAddress === "string" && { [general.serverAddress]: serverAddress }),
    ...(typeof serverPort === "number" && { [general.serverPort]: serverPort }),
  };
}

/** Counts, sizes and names of a payload as `llx.…`. Other strings may be texts. */
export function otherFacts(event: EventStart, facts: Facts): Attributes {
  const attributes: Attributes = {};
  const named = operationOf(event) === undefined ? conventional : conventionalOfCalls;
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
