import type { AnyEmbedding } from "./element-type.ts";

/** Tells those who wait for a text what has come of it; the first call counts. */
export type Tell = (embedding: AnyEmbedding | undefined) => void;

/** The texts that are being embedded now, by key, so that another call need not send them too. */
export class InFlight {
  readonly #open = new Map<string, Promise<AnyEmbedding | undefined>>();

  /** What a call that is under way will have; `undefined` if it fails. */
  get(key: string): Promise<AnyEmbedding | undefined> | undefined {
    return this.#open.get(key);
  }

  /** The caller is going to embed the text, and must tell what comes of it. */
  begin(key: string): Tell {
    const { promise, resolve } = Promise.withResolvers<AnyEmbedding | undefined>();
    this.#open.set(key, promise);
    return (embedding) => {
      resolve(embedding);
      if (this.#open.get(key) === promise) this.#open.delete(key);
    };
  }
}
