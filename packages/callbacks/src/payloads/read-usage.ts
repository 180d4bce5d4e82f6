import type { EventType } from "../contract/event-type.ts";
import type { ServiceUsage, Usage } from "../contract/usage.ts";

/** Where responses keep their counts. Cohere reports tokens read and tokens billed: the usage is what was read. */
const containers = [
  "usage",
  "usageMetadata",
  "usage_metadata",
  "meta",
  "tokens",
  "billed_units",
  "billedUnits",
] as const;
/** A response, its `meta`, and the `tokens` in that. */
const deepest = 3;

/**
 * Reads the token counts that a service reports, under the names of {@link ServiceUsage}; `undefined` when there are none.
 *
 * @param reported a usage, or a whole response
 */
export function readUsage(reported: unknown): Usage | undefined {
  return readAt(reported, 0);
}

function readAt(reported: unknown, depth: number): Usage | undefined {
  if (typeof reported !== "object" || reported === null) return undefined;
  const record = reported as Readonly<Record<string, unknown>>;
  const usage = countsOf((name) => {
    const count = record[name];
    return typeof count === "number" && count >= 0 && Number.isFinite(count) ? count : undefined;
  });
  if (usage !== undefined || depth === deepest) return usage;
  for (const container of containers) {
    const inside = readAt(record[container], depth + 1);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** The end of an event with its usage as a {@link Usage}, whatever names the service has for it. */
export function withReadUsage(type: EventType, payload: object): object {
  if (type !== "embedding" && type !== "llm" && type !== "embed_texts" && type !== "reranking")
    return payload;
  const { usage: reported, usageMetadata, meta } = payload as ServiceUsage;
  if (reported === undefined && usageMetadata === undefined && meta === undefined) return payload;
  if (isUsage(reported)) return payload;
  // Only the counts: a whole response, passed for its usage, contains texts.
  const usage = readUsage({ usage: reported, usageMetadata, meta });
  return usage === undefined ? payload : { ...payload, usage };
}

function isUsage(reported: unknown): boolean {
  if (typeof reported !== "object" || reported === null) return false;
  return Object.keys(reported).every(
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
    // Gemini counts thoughts apart from the response.
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
  // Services with these names report tokens written to a cache or read from one apart; the others include them.
  const cached =
    sum(
      count("cache_creation_input_tokens"),
      count("cache_read_input_tokens"),
      count("cacheWriteInputTokens"),
      count("cacheReadInputTokens"),
    ) ?? 0;
  const input = count("inputTokens") ?? count("input_tokens");
  if (input !== undefined) return input + cached;
  return (
    count("promptTokens") ??
    count("prompt_tokens") ??
    sum(count("promptTokenCount"), count("toolUsePromptTokenCount")) ??
    count("prompt_eval_count")
  );
}

/** The sum of the known counts; `undefined` without any. */
function sum(...counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, count) => total + count, 0);
}
