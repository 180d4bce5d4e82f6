/**
 * Where embeddings are stored between calls: a `Keyv` with any of its adapters (Redis, SQLite, PostgreSQL, …), or a
 * `Map`. It need not write all of a value at once: values have a checksum, so one that is damaged or half-written, as after a
 * killed process, is reported ({@link CacheOptions.onError}), requested again and replaced.
 */
export interface CacheStore {
  get(key: string): unknown;
  set(key: string, value: unknown): unknown;
  /** Reads many at once, in the order of the keys; optional. */
  getMany?(keys: string[]): unknown;
  /** Writes many at once; optional. */
  setMany?(entries: { key: string; value: unknown }[]): unknown;
}

/** Where embeddings are stored, and how. */
export interface CacheOptions {
  readonly store: CacheStore;
  /**
   * How values are written: as base64, which every store supports, or as a `Uint8Array` for stores that keep bytes. Both
   * are read.
   *
   * @default "base64"
   */
  readonly format?: "base64" | "bytes" | undefined;
  /**
   * Milliseconds after which a read or a write of the store counts as failed.
   *
   * @default 5_000
   */
  readonly timeout?: number | undefined;
  /**
   * Called when the store fails or returns a damaged value, also for a Keyv that only emits its errors, as it does where
   * they have a listener. The call continues without the store. The first that this function throws or rejects with is a process
   * warning.
   *
   * @default a process warning, at most one for each kind of failure
   */
  readonly onError?: ((error: CacheError) => void) | undefined;
}

/** The options of a cache in any of its forms. A Keyv has a `store` too: its adapter, without time limits and names. */
export function cacheOptions(cache: CacheStore | CacheOptions): CacheOptions {
  // Checked later: it may be anything.
  const isOptions = typeof cache === "object" && cache !== null && !("get" in cache);
  return isOptions ? cache : { store: cache };
}

/** An operation of the cache has failed. */
export class CacheError extends Error {
  override readonly name = "CacheError";
  /** The failed read or write; or a value that is not an embedding of the model, or is damaged. */
  readonly operation: "read" | "write" | "damaged value";

  constructor(operation: CacheError["operation"], cause: unknown) {
    super(
      `the embedding cache failed (${operation}): ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.operation = operation;
  }
}
