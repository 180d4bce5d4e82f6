import type { EventType, Usage } from "./event-type.ts";

type Count = number | null | undefined;

/**
 * The tokens that were used, in the words of a service: as OpenAI (chat and responses), Anthropic, Gemini, Cohere,
 * Bedrock, Ollama and those who speak like them answer, also in their `usage`, `usageMetadata` or `meta`.
 */
export interface ServiceUsage {
  readonly usage?: object | null | undefined;
  readonly usageMetadata?: object | null | undefined;
  readonly usage_metadata?: object | null | undefined;
  readonly meta?: object | null | undefined;
  /** Cohere's; as a number, the AI SDK's total of an embedding. */
  readonly tokens?: object | Count;
  readonly billed_units?: object | null | undefined;
  readonly billedUnits?: object | null | undefined;
  readonly inputTokens?: Count;
  readonly input_tokens?: Count;
  readonly promptTokens?: Count;
  readonly prompt_tokens?: Count;
  readonly promptTokenCount?: Count;
  readonly prompt_eval_count?: Count;
  readonly outputTokens?: Count;
  readonly output_tokens?: Count;
  readonly completionTokens?: Count;
  readonly completion_tokens?: Count;
  readonly candidatesTokenCount?: Count;
  readonly eval_count?: Count;
  readonly totalTokens?: Count;
  readonly total_tokens?: Count;
  readonly totalTokenCount?: Count;
}

/** Where answers keep their counts. Cohere tells what it has read and what it bills: what was read is the usage. */
const places = [
  "usage",
  "usageMetadata",
  "usage_metadata",
  "meta",
  "tokens",
  "billed_units",
  "billedUnits",
] as const;
/** An answer, its `meta`, and the `tokens` in that. */
const deepest = 3;

/** Reads what a service has told of the tokens it used. `undefined` where no count can be found. */
export function readUsage(told: unknown, depth = 0): Usage | undefined {
  if (typeof told !== "object" || told === null) return undefined;
  const record = told as Readonly<Record<string, unknown>>;
  const usage = countsOf((name) => {
    const count = record[name];
    return typeof count === "number" && count >= 0 && Number.isFinite(count) ? count : undefined;
  });
  if (usage !== undefined || depth === deepest) return usage;
  for (const place of places) {
    const inside = readUsage(record[place], depth + 1);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** The end of an event with its usage in our words, wherever it tells that. */
export function withReadUsage(type: EventType, payload: object): object {
  if (type !== "embedding" && type !== "llm" && type !== "embed_texts" && type !== "reranking")
    return payload;
  const { usage: told, usageMetadata, meta } = payload as ServiceUsage;
  if (told === undefined && usageMetadata === undefined && meta === undefined) return payload;
  if (isOurs(told)) return payload;
  // Only counts: a whole answer, given for its usage, has texts in it.
  const usage = readUsage({ usage: told, usageMetadata, meta });
  return usage === undefined ? payload : { ...payload, usage };
}

function isOurs(told: unknown): boolean {
  if (typeof told !== "object" || told === null) return false;
  return Object.keys(told).every(
    (name) => name === "inputTokens" || name === "outputTokens" || name === "totalTokens",
  );
}

function countsOf(count: (name: string) => number | undefined): Usage | undefined {
  const total = count("totalTokens") ?? count("total_tokens") ?? count("totalTokenCount") ?? count("tokens");
  const input = inputOf(count);
  const output =
    count("outputTokens") ??
    count("output_tokens") ??
    count("completionTokens") ??
    count("completion_tokens") ??
    // Gemini counts thoughts beside the answer.
    sum(count("candidatesTokenCount"), count("thoughtsTokenCount")) ??
    count("eval_count");
  if (input === undefined && output === undefined && total === undefined) return undefined;
  return {
    ...(input !== undefined && { inputTokens: input }),
    ...(output !== undefined && { outputTokens: output }),
    ...(total !== undefined && { totalTokens: total }),
  };
}

function inputOf(count: (name: string) => number | undefined): number | undefined {
  // With these names, what is written to a cache or read from one is counted beside the rest; with the others, in it.
  const beside =
    sum(
      count("cache_creation_input_tokens"),
      count("cache_read_input_tokens"),
      count("cacheWriteInputTokens"),
      count("cacheReadInputTokens"),
    ) ?? 0;
  const input = count("inputTokens") ?? count("input_tokens");
  if (input !== undefined) return input + beside;
  return (
    count("promptTokens") ??
    count("prompt_tokens") ??
    sum(count("promptTokenCount"), count("toolUsePromptTokenCount")) ??
    count("prompt_eval_count")
  );
}

/** Of what is there; `undefined` where nothing is. */
function sum(...counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, count) => total + count, 0);
}
