import type { Usage } from "@llx/callbacks";
import { isObject } from "@llx/support";
import { usageFields } from "../contract/usage-fields.ts";

/** The tokens that a service reports; a value that is not a number of tokens counts as unknown. */
export function readUsage(reported: Usage | undefined): Usage | undefined {
  if (!isObject(reported)) return undefined;
  const known = usageFields.filter((field) => isCount(reported[field]));
  return Object.fromEntries(known.map((field) => [field, reported[field]]));
}

function isCount(tokens: unknown): boolean {
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0;
}
