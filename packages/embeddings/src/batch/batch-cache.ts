import { checkIsString } from "../plan/check-text.ts";
import type { EmbeddingCache } from "../cache/embedding-cache.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import type { InputType } from "../contract/embedding-model.ts";
import { nameInList } from "../contract/text-name.ts";
import type { BatchCache } from "./batch-service.ts";

/** Reads and writes embeddings by their texts. */
export function batchCache<E extends ElementType>(
  store: EmbeddingCache,
  inputType: InputType,
): BatchCache<E> {
  return {
    async read(texts) {
      for (const [index, text] of texts.entries()) checkIsString(text, index, nameInList);
      const found = await store.read(texts.map((text) => store.keyOf(text, inputType)));
      return found as (EmbeddingOf<E> | undefined)[];
    },
    async write(entries) {
      for (const [index, { text }] of entries.entries()) checkIsString(text, index, nameInList);
      await store.write(
        entries.map(({ text, embedding }) => ({ key: store.keyOf(text, inputType), embedding })),
      );
    },
  };
}
