import type { InputType } from "./embedding-model.ts";

/** What error messages call the text at an index of a call. */
export type TextName = (index: number) => string;

/** The name of a text in a list or a stream. */
export function nameInList(index: number): string {
  return `texts[${index}]`;
}

/** The name of the only text of a call. */
export function nameAlone(inputType: InputType): string {
  return inputType === "query" ? "the query" : "the text";
}
