/** @throws TypeError for what is no list of numbers; only its length is looked at */
export function checkEmbedding(what: string, value: unknown): void {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return;
  const isPromise = value instanceof Promise;
  throw new TypeError(
    `${what} must be an embedding, not ${isPromise ? "a promise: await it" : typeof value}`,
  );
}

/** @throws TypeError for what is no list of embeddings, or has a place without one */
export function checkEmbeddings(values: unknown): void {
  if (!Array.isArray(values)) {
    const has = typeof values === "object" && values !== null && "embeddings" in values;
    throw new TypeError(
      `embeddings must be a list of embeddings${has ? ": give the batch's `embeddings`" : ""}`,
    );
  }
  for (const [index, value] of values.entries()) checkEmbedding(`embeddings[${index}]`, value);
}
