import { setTimeout as wait } from "node:timers/promises";
import { createEmbeddingModel, type EmbeddingModel } from "@llx/embeddings";

export interface LetterModelOptions {
  /** Concurrent requests. Default 4. */
  readonly workers?: number | undefined;
  /** Milliseconds until it responds. Default: at once. */
  readonly latency?: ((text: string) => number) | undefined;
  /** Called for each aborted request, when it has ended. */
  readonly onAborted?: (() => void) | undefined;
}

const dimensions = 512;

/** A model without a service: texts are similar if they share sequences of three letters. */
export function letterModel(name: string, options: LetterModelOptions = {}): EmbeddingModel {
  const { workers, latency, onAborted } = options;
  return createEmbeddingModel(
    {
      provider: name,
      model: "letters",
      dimensions,
      limits: { inputs: 100 },
      async embed({ texts }, { signal }) {
        try {
          if (latency !== undefined) await wait(latency(texts[0]!), undefined, { signal });
        } catch (error) {
          onAborted?.();
          throw error;
        }
        return { embeddings: texts.map((text, index) => ({ index, embedding: vectorOf(text) })) };
      },
    },
    { workers },
  );
}

/** Counts the three-letter sequences of the longer words, each at an index given by its hash; of length 1. */
function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/\p{L}{4,}/gu) ?? []) {
    const marked = `<${word}>`;
    for (let at = 0; at + 3 <= marked.length; at++) vector[hash(marked.slice(at, at + 3)) % dimensions]! += 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** FNV-1a */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0)!, 0x01000193) >>> 0;
  return value;
}
