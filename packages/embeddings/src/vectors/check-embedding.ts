import { isObject } from "@llx/support";

/** @throws TypeError unless it is a list; its numbers are not checked */
export function checkEmbedding(what: string, value: unknown): void {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return;
  const isPromise = value instanceof Promise;
  throw new TypeError(
    `${what} must be an embedding, not ${isPromise ? "a promise: await it" : typeof value}`,
  );
}

/** @throws TypeError for a value that is not a list, and for an element that is not an embedding */
export function checkEmbeddings(values: unknown): void {
  if (!Array.isArray(values)) {
    const has = isObject(values) && "embeddings" in values;
    throw new TypeError(
      `embeddings must be a list of embeddings${has ? ": pass the `embeddings` of the batch" : ""}`,
    );
  }
  for (const [index, value] of values.entries()) checkEmbedding(`embeddings[${index}]`, value);
}
