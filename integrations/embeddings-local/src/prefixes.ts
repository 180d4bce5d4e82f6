import { join } from "node:path";
import type { InputType } from "@llx/embeddings";
import { isObject, JsonFile, show } from "./json-file.ts";

/** What is put before a text, by its input type. */
export type Prefixes = Readonly<Partial<Record<InputType, string>>>;

/** The names that sentence-transformers looks for in `prompts`, the first that is there. */
const promptNames = {
  document: ["document", "passage", "corpus"],
  query: ["query"],
  classification: ["classification"],
  clustering: ["clustering"],
} satisfies Record<InputType, readonly string[]>;

/** @throws TypeError for unknown input types, and for prefixes that are not strings */
export function checkPrefixes(given: Prefixes): Prefixes {
  if (!isObject(given)) throw new TypeError('prefixes must be an object such as { query: "query: " }');
  for (const [type, prefix] of Object.entries(given as Readonly<Record<string, unknown>>)) {
    if (!Object.hasOwn(promptNames, type)) {
      const known = Object.keys(promptNames).join(", ");
      throw new TypeError(`prefixes are for ${known}; there is no input type ${show(type)}`);
    }
    if (typeof prefix !== "string") {
      throw new TypeError(`prefixes.${type} must be a string, not ${typeof prefix}`);
    }
  }
  return complete(given);
}

/**
 * The prompts that a model's files state for documents, queries and other input types.
 *
 * @throws TypeError, with the field, if they are not strings
 */
export function readPrefixes(folder: string): Prefixes {
  const file = JsonFile.ifExists(join(folder, "config_sentence_transformers.json"));
  const prompts = file?.fields["prompts"] ?? {};
  if (file === undefined) return {};
  if (!isObject(prompts)) throw file.problem(`prompts must be an object, not ${show(prompts)}`);
  const wrong = Object.keys(prompts).find((name) => typeof prompts[name] !== "string");
  if (wrong !== undefined) {
    throw file.problem(`prompts.${wrong} must be a string, not ${show(prompts[wrong])}`);
  }
  const otherwise = file.fields["default_prompt_name"];
  const found = Object.entries(promptNames).flatMap(([type, names]) => {
    const name = names.find((each) => Object.hasOwn(prompts, each));
    if (name !== undefined) return [[type, prompts[name]]];
    if (typeof otherwise !== "string" || (type !== "document" && type !== "query")) return [];
    if (!Object.hasOwn(prompts, otherwise)) {
      throw file.problem(`default_prompt_name is ${show(otherwise)}, which is not in prompts`);
    }
    return [[type, prompts[otherwise]]];
  });
  return complete(Object.fromEntries(found) as Prefixes);
}

/** Texts and queries are always told apart where anything is; a prefix of nothing is none. */
function complete(prefixes: Prefixes): Prefixes {
  const any = Object.values(prefixes).some((prefix) => prefix !== "");
  return any ? { document: "", query: "", ...prefixes } : {};
}

/** The input types that a model with these prefixes tells apart. */
export const inputTypesOf = (prefixes: Prefixes): InputType[] => Object.keys(prefixes) as InputType[];
