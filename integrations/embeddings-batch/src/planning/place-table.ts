import { freeMemory } from "../files/free-memory.ts";

/** Where a text has its place. */
export interface Place {
  readonly part: number;
  readonly position: number;
}

/** Words of an entry: four of the hash, the part plus one, the position. A part of 0 is an empty entry. */
const width = 6;
const fullness = 0.85;
const growth = 1.5;
/** Each is small, so that growing one takes little memory. */
const shardCount = 64;

/**
 * The places of texts by their hash, of which it keeps 16 bytes: for a million texts it takes 28 to 43 MB, outside
 * the heap.
 */
export class PlaceTable {
  readonly #shards: Shard[] = Array.from({ length: shardCount }, () => new Shard());
  readonly #most: number;
  #size = 0;

  /** @param most how many it keeps; later ones are not */
  constructor(most: number) {
    this.#most = most;
  }

  get(hash: Buffer): Place | undefined {
    return this.#shards[hash[16]! % shardCount]!.get(hash);
  }

  add(hash: Buffer, part: number, position: number): void {
    if (this.#size >= this.#most) return;
    this.#size++;
    this.#shards[hash[16]! % shardCount]!.add(hash, part, position);
  }

  /** Gives back its memory. It cannot be used afterwards. */
  free(): void {
    for (const shard of this.#shards) shard.free();
  }
}

class Shard {
  #entries = new Uint32Array(64 * width);
  #size = 0;

  get #capacity(): number {
    return this.#entries.length / width;
  }

  get(hash: Buffer): Place | undefined {
    const at = this.#find(
      hash.readUInt32LE(0),
      hash.readUInt32LE(4),
      hash.readUInt32LE(8),
      hash.readUInt32LE(12),
    );
    const part = this.#entries[at + 4]!;
    return part === 0 ? undefined : { part: part - 1, position: this.#entries[at + 5]! };
  }

  add(hash: Buffer, part: number, position: number): void {
    if (this.#size + 1 > this.#capacity * fullness) this.#grow();
    const at = this.#find(
      hash.readUInt32LE(0),
      hash.readUInt32LE(4),
      hash.readUInt32LE(8),
      hash.readUInt32LE(12),
    );
    if (this.#entries[at + 4] === 0) this.#size++;
    for (let word = 0; word < 4; word++) this.#entries[at + word] = hash.readUInt32LE(word * 4);
    this.#entries[at + 4] = part + 1;
    this.#entries[at + 5] = position;
  }

  free(): void {
    freeMemory(this.#entries);
  }

  /** The entry of a hash, or the empty one where it belongs. */
  #find(a: number, b: number, c: number, d: number): number {
    const entries = this.#entries;
    const capacity = this.#capacity;
    for (let slot = a % capacity; ; slot = (slot + 1) % capacity) {
      const at = slot * width;
      if (entries[at + 4] === 0) return at;
      if (entries[at] === a && entries[at + 1] === b && entries[at + 2] === c && entries[at + 3] === d)
        return at;
    }
  }

  #grow(): void {
    const old = this.#entries;
    this.#entries = new Uint32Array(Math.ceil((old.length / width) * growth) * width);
    for (let at = 0; at < old.length; at += width) {
      if (old[at + 4] === 0) continue;
      const to = this.#find(old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!);
      this.#entries.set(old.subarray(at, at + width), to);
    }
    freeMemory(old);
  }
}
