import type { AnyEmbedding } from "../contract/element-type.ts";

/** Tells those who wait for a text what has come of it; the first call counts. */
export type Tell = (embedding: AnyEmbedding | undefined) => void;

interface Open {
  readonly promise: Promise<AnyEmbedding | undefined>;
  isAwaited: boolean;
}

/** The texts that are being embedded now, by key, so that another call need not send them too. */
export class InFlight {
  readonly #open = new Map<string, Open>();

  /** What a call that is under way will have, to be copied; `undefined` if it fails. */
  get(key: string): Promise<AnyEmbedding | undefined> | undefined {
    const open = this.#open.get(key);
    if (open !== undefined) open.isAwaited = true;
    return open?.promise;
  }

  /** The caller is going to embed the text, and must tell what comes of it. */
  begin(key: string): Tell {
    const { promise, resolve } = Promise.withResolvers<AnyEmbedding | undefined>();
    const open: Open = { promise, isAwaited: false };
    this.#open.set(key, open);
    return (embedding) => {
      // Who has embedded it hands it out, and may see it changed before those who wait have looked at it.
      resolve(open.isAwaited ? embedding?.slice() : embedding);
      if (this.#open.get(key) === open) this.#open.delete(key);
    };
  }
}
