import { isObject } from "@llx/support";
import type { RerankUsage } from "./reranker.ts";

const fields = ["inputTokens", "totalTokens", "searchUnits"] as const;

/** What a service reports; a value that is not a count is unknown. `undefined` if nothing is known. */
export function readRerankUsage(reported: RerankUsage | undefined): RerankUsage | undefined {
  if (!isObject(reported)) return undefined;
  const known = fields.filter((field) => isCount(reported[field]));
  return known.length === 0 ? undefined : Object.fromEntries(known.map((field) => [field, reported[field]]));
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
