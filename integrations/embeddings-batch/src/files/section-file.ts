import { open } from "node:fs/promises";
import { DurableFile } from "./durable-file.ts";
import { freeMemory } from "./free-memory.ts";
import { commitWithTrailer, readExactly, readTrailer } from "./trailer.ts";

/** Why the texts of a part are together: for the service, found in the cache, or not to be sent. */
export type PartKind = "batch" | "cached" | "refused";

/** Distinct texts that are together. */
export interface Part {
  readonly part: number;
  readonly kind: PartKind;
  readonly count: number;
}

/** What is stored of a section: a range of the texts, each of which has its place in a part of this section or an earlier one. */
export interface SectionFacts {
  readonly section: number;
  /** The index of its first text. */
  readonly first: number;
  readonly count: number;
  /** The parts that begin and end with this section. */
  readonly parts: readonly Part[];
  /** All parts in which its texts have their places. */
  readonly places: readonly number[];
  /** The hash of all texts up to its end. */
  readonly hash: string;
  /** Whether the texts end here. */
  readonly last: boolean;
}

/** In bytes: the number of the part, and the position in it. */
const placeSize = 8;

/** The places of the texts of a section: for each, the number of a part and a position in it. */
export class Places {
  #numbers: Uint32Array<ArrayBuffer>;
  #count = 0;

  constructor(numbers: Uint32Array<ArrayBuffer> = new Uint32Array(0)) {
    this.#numbers = numbers;
    this.#count = numbers.length / 2;
  }

  get count(): number {
    return this.#count;
  }

  add(part: number, position: number): void {
    if (this.#count * 2 === this.#numbers.length) {
      const more = new Uint32Array(Math.max(2_048, this.#numbers.length * 2));
      more.set(this.#numbers);
      freeMemory(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.#count * 2] = part;
    this.#numbers[this.#count * 2 + 1] = position;
    this.#count++;
  }

  part(at: number): number {
    return this.#numbers[at * 2]!;
  }

  position(at: number): number {
    return this.#numbers[at * 2 + 1]!;
  }

  toBytes(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * placeSize);
    for (let at = 0; at < this.#count * 2; at++) bytes.writeUInt32LE(this.#numbers[at]!, at * 4);
    return bytes;
  }

  static ofBytes(bytes: Buffer): Places {
    return new Places(Uint32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32LE(at * 4)));
  }
}

/** Makes a section exist. */
export async function writeSection(path: string, facts: SectionFacts, places: Places): Promise<void> {
  const file = await DurableFile.create(path);
  try {
    await file.append(places.toBytes());
    await commitWithTrailer(file, "section", facts);
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** @throws RunFileError for a file that is damaged */
export async function readSection(path: string): Promise<SectionFacts> {
  await using file = await open(path, "r");
  const { section, first, count, parts, places, hash, last } = await readTrailer<SectionFacts>(
    file,
    path,
    "section",
  );
  return { section, first, count, parts, places, hash, last };
}

/**
 * @param from the first, counted in the section
 * @throws RunFileError for a file that is damaged
 */
export async function readPlaces(path: string, count: number, from = 0): Promise<Places> {
  await using file = await open(path, "r");
  return Places.ofBytes(await readExactly(file, from * placeSize, count * placeSize, path));
}
