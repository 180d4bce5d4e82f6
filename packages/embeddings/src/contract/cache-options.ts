/**
 * Where embeddings are kept between calls. A `Keyv` is one, with any of its adapters (Redis, SQLite, PostgreSQL, …),
 * and so is a `Map`.
 */
export interface CacheStore {
  get(key: string): unknown;
  set(key: string, value: unknown): unknown;
  /** Reads many at once, in the order of the keys; used where it is there. */
  getMany?(keys: string[]): unknown;
  /** Writes many at once; used where it is there. */
  setMany?(entries: { key: string; value: unknown }[]): unknown;
}

/** Where embeddings are kept, and how they are written. */
export interface CacheOptions {
  readonly store: CacheStore;
  /**
   * How values are written: as base64, which every store can hold, or as a `Uint8Array` for those that keep bytes as
   * they are. Both are read. Default `"base64"`.
   */
  readonly format?: "base64" | "bytes" | undefined;
  /** Milliseconds that a read or a write of the store may take; then it counts as failed. Default 5,000. */
  readonly timeout?: number | undefined;
  /**
   * Is told when the store fails or gives a damaged value, also by a Keyv that only emits its errors, as it does where
   * somebody listens to them. Work goes on without it. Default: a process warning, at most one for each kind of failure.
   */
  readonly onError?: ((error: CacheError) => void) | undefined;
}

/** A cache as it may be given, with its options. */
export function cacheOptions(cache: CacheStore | CacheOptions): CacheOptions {
  return typeof cache === "object" && "store" in cache ? cache : { store: cache };
}

/** The cache could not be used. */
export class CacheError extends Error {
  override readonly name = "CacheError";
  /** What was tried: to read, to write; or what was read was no embedding of ours, or was damaged. */
  readonly operation: "read" | "write" | "damaged value";

  constructor(operation: CacheError["operation"], cause: unknown) {
    super(
      `the embedding cache failed (${operation}): ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.operation = operation;
  }
}
