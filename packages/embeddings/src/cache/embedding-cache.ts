import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { describeThrown, raceAbort, whenRejected } from "@llx/support";
import { Deadline } from "../support/deadline.ts";
import { CacheError, type CacheOptions, type CacheStore } from "../contract/cache-options.ts";
import { decodeRecord, encodeRecord } from "./cache-record.ts";
import { type AnyEmbedding, type ElementType, isZero, lengthOf } from "../contract/element-type.ts";
import type { InputType } from "../contract/embedding-model.ts";
import { captureErrors } from "./store-errors.ts";

/** What an embedding depends on, in addition to its text and input type. */
export interface CacheIdentity {
  readonly provider: string;
  readonly model: string;
  readonly variant: string | undefined;
  readonly elementType: ElementType;
  readonly dimensions: number | undefined;
  readonly truncate: boolean;
}

const defaultTimeout = 5_000;

/** Keeps embeddings in a store. Whatever the store does, a read returns the embedding of that text or nothing. */
export class EmbeddingCache {
  readonly #identity: CacheIdentity;
  readonly #prefix: string;
  readonly #store: CacheStore;
  readonly #format: "base64" | "bytes";
  readonly #timeout: number;
  readonly #onError: (error: CacheError) => void;
  readonly #allowZero: boolean;

  /** @param allowZero otherwise embeddings of zeros count as absent: another model may have stored them */
  constructor(identity: CacheIdentity, options: CacheOptions, allowZero: boolean) {
    const { provider, model, variant = "", elementType, dimensions = 0, truncate } = identity;
    this.#identity = identity;
    this.#prefix = JSON.stringify([provider, model, variant, elementType, dimensions, truncate]);
    this.#store = options.store;
    this.#format = options.format ?? "base64";
    this.#timeout = options.timeout ?? defaultTimeout;
    this.#onError = options.onError === undefined ? warnOnce() : isolated(options.onError);
    this.#allowZero = allowZero;
  }

  /** The key of a text, which does not reveal the text. */
  keyOf(text: string, inputType: InputType): string {
    return `llx-embedding-1:${hash("sha256", `${this.#prefix}${inputType}\n${text}`, "base64url")}`;
  }

  /** The embedding at each key; `undefined` where it is absent, damaged or unavailable. */
  async read(keys: readonly string[]): Promise<(AnyEmbedding | undefined)[]> {
    let values: unknown;
    try {
      const read = await captureErrors(this.#store, () => this.#inTime(readAll(this.#store, keys)));
      values = read.value;
      if (!Array.isArray(values) || values.length !== keys.length) {
        throw new TypeError("getMany must return an array with a value for each key");
      }
      if (read.error !== undefined) this.#onError(new CacheError("read", read.error));
    } catch (error) {
      this.#onError(new CacheError("read", error));
      return keys.map(() => undefined);
    }
    return (values as unknown[]).map((value, index) => this.#decode(keys[index]!, value));
  }

  async write(entries: readonly { readonly key: string; readonly embedding: AnyEmbedding }[]): Promise<void> {
    const encoded = entries.map(({ key, embedding }) => {
      const record = encodeRecord(key, embedding, this.#identity.elementType);
      const value = this.#format === "bytes" ? record : Buffer.from(record.buffer).toString("base64");
      return { key, value };
    });
    try {
      const { value: kept, error } = await captureErrors(this.#store, () =>
        this.#inTime(writeAll(this.#store, encoded)),
      );
      if (error !== undefined) throw error;
      if (!kept) throw new Error("the store did not keep what was written");
    } catch (error) {
      this.#onError(new CacheError("write", error));
    }
  }

  #decode(key: string, value: unknown): AnyEmbedding | undefined {
    if (value === undefined || value === null) return undefined;
    const { elementType, dimensions } = this.#identity;
    const record =
      typeof value === "string"
        ? Buffer.from(value, "base64")
        : value instanceof Uint8Array
          ? value
          : undefined;
    const embedding = record && decodeRecord(key, record, elementType);
    const isRight =
      embedding !== undefined &&
      (dimensions === undefined || embedding.length === lengthOf(elementType, dimensions));
    if (isRight) return this.#allowZero || !isZero(embedding, elementType) ? embedding : undefined;
    this.#onError(new CacheError("damaged value", `the value at ${key} is not an embedding of this model`));
    return undefined;
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const deadline = new Deadline(
      undefined,
      this.#timeout,
      () => `the store did not respond within ${this.#timeout} ms`,
    );
    try {
      return await raceAbort(work, deadline.signal);
    } finally {
      deadline.end();
    }
  }
}

async function readAll(store: CacheStore, keys: readonly string[]): Promise<unknown> {
  if (store.getMany) return store.getMany([...keys]);
  return Promise.all(keys.map((key) => store.get(key)));
}

/** Whether the store has kept all values. */
async function writeAll(store: CacheStore, entries: { key: string; value: unknown }[]): Promise<boolean> {
  const written: unknown = store.setMany
    ? await store.setMany(entries)
    : await Promise.all(entries.map(({ key, value }) => store.set(key, value)));
  // A Keyv returns false for a value that it could not write.
  return !(Array.isArray(written) && written.includes(false));
}

/** The first that a program's `onError` throws or rejects with is a warning: the call continues. */
function isolated(onError: (error: CacheError) => unknown): (error: CacheError) => void {
  const warn = warnOnce();
  const tell = (failure: unknown): void =>
    warn({ operation: "onError", message: `onError of the cache failed: ${describeThrown(failure)}` });
  return (error) => {
    try {
      whenRejected(onError(error), tell);
    } catch (failure) {
      tell(failure);
    }
  };
}

/** One warning for each kind of failure: an unavailable store fails for each request. */
function warnOnce(): (error: { readonly operation: string; readonly message: string }) => void {
  const warned = new Set<string>();
  return (error) => {
    if (warned.has(error.operation)) return;
    warned.add(error.operation);
    process.emitWarning(`${error.message}; the call continues without it`, {
      type: "EmbeddingCache",
      code: "LLX_EMBEDDING_CACHE",
    });
  };
}
