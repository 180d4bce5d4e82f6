import { checkNames, describe, type NamesOf } from "@llx/support";
import type { CacheOptions, CacheStore } from "../contract/cache-options.ts";

/** The size of a store in memory. */
export interface MemoryStoreOptions {
  /**
   * Maximum bytes of embeddings and their keys in memory; the least recently used ones are dropped first.
   *
   * @default 128 MiB
   */
  readonly maxBytes?: number | undefined;
}

const names: NamesOf<MemoryStoreOptions> = { maxBytes: true };
const defaultMaxBytes = 128 * 2 ** 20;
/** Bytes that an entry takes besides its value, for its key, its array and its place in the map (measured on Node 26). */
const overhead = 340;

/**
 * A cache in the memory of this process.
 *
 * @throws TypeError for an unknown option; RangeError for a `maxBytes` that is not a number above 0
 */
export function memoryStore(options: MemoryStoreOptions = {}): CacheOptions {
  checkNames(options, names);
  const { maxBytes = defaultMaxBytes } = options;
  if (typeof maxBytes !== "number" || !(maxBytes > 0)) {
    throw new RangeError(`maxBytes must be a number above 0, not ${describe(maxBytes)}`);
  }
  return { store: new MemoryStore(maxBytes), format: "bytes" };
}

/** A map keeps the order of its keys: the first is the least recently used. */
class MemoryStore implements CacheStore {
  readonly #maxBytes: number;
  readonly #values = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Uint8Array | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: Uint8Array): void {
    this.#remove(key);
    this.#values.set(key, value);
    this.#bytes += value.length + overhead;
    for (const oldest of this.#values.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#bytes -= value.length + overhead;
    this.#values.delete(key);
  }
}
