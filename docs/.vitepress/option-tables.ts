import type { Comment, CommentDisplayPart, DeclarationReflection } from "typedoc";
import { defaultOf } from "./api-pages.ts";
import { referencesOf } from "./api-reflections.ts";

/** The options of a function as a table, on the function's own page; empty for one without. */
export function optionTables(model: DeclarationReflection): string {
  const parameters = (model.signatures ?? []).flatMap((signature) => signature.parameters ?? []);
  // What one overload requires, the usual one does without.
  const isOverloaded = (model.signatures ?? []).length > 1;
  const types = parameters.filter(({ name }) => name === "options").flatMap(({ type }) => referencesOf(type));
  const options = new Map(
    types.flatMap(({ children = [] }) => children.map((child) => [child.name, child] as const)),
  );
  if (options.size === 0) return "";
  const rows = [...options.values()]
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((option) => {
      const { byDefault, meaning } = wordsOf(option);
      const name = option.flags.isOptional || isOverloaded ? option.name : `${option.name} (required)`;
      return `| ${[code(name), typeOf(option), byDefault, meaning].map(cell).join(" | ")} |`;
    });
  return `## Options\n\n| Option | Type | Default | Meaning |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n\n`;
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

function typeOf({ type, signatures }: DeclarationReflection): string {
  if (type === undefined) return signatures === undefined ? "" : code("function");
  const parts = type.type === "union" ? type.types.map(String) : [String(type)];
  return code(parts.filter((part) => part !== "undefined").join(" | "));
}

function wordsOf(option: DeclarationReflection): { byDefault: string; meaning: string } {
  const comment = option.comment ?? option.signatures?.[0]?.comment;
  if (comment === undefined) return { byDefault: "", meaning: "" };
  const summary = textOf(comment.summary).trim();
  const tag = tagOf(comment);
  return tag === undefined ? defaultOf(summary) : { byDefault: tag, meaning: summary };
}

function tagOf(comment: Comment): string | undefined {
  const content = comment.getTag("@default")?.content ?? comment.getTag("@defaultValue")?.content;
  if (content === undefined) return undefined;
  return textOf(content)
    .replaceAll(/^```\w*\n|\n```$/g, "`")
    .trim();
}

function textOf(parts: readonly CommentDisplayPart[]): string {
  return parts.map(({ kind, text }) => (kind === "inline-tag" ? code(text.trim()) : text)).join("");
}
