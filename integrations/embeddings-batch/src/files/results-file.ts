import { type FileHandle, open } from "node:fs/promises";
import type { Usage } from "@llx/callbacks";
import type { AnyEmbedding, ElementType, EmbeddingOf } from "@llx/embeddings";
import { DurableFile } from "./durable-file.ts";
import { freeMemory } from "./free-memory.ts";
import { damaged } from "./run-file-error.ts";
import { commitWithTrailer, readExactly, readTrailer } from "./trailer.ts";

/** A text without an embedding, as it is stored. */
export interface StoredFailure {
  readonly name: string;
  readonly message: string;
}

/** What one round of a part has given: a batch at the service, or a call of a live model. */
interface Facts {
  readonly part: number;
  readonly round: number;
  /** The id of the batch, as the service knows it. */
  readonly batch?: string | undefined;
  /** Texts of the round. */
  readonly count: number;
  /** Bytes of each embedding; 0 where there is none. */
  readonly bytes: number;
  /** The position in the part of each text of the round, as base64 of 32-bit numbers; absent in the first, which has them all. */
  readonly positions?: string | undefined;
  /** Those without an embedding, by their number in the round. */
  readonly failed: readonly (readonly [number, StoredFailure])[];
  /** Those that the next round sends again, by their number in the round, as base64 of 32-bit numbers. */
  readonly again: string;
  /** How many rounds of the part, this one included, were none, as the service had no room for the batch; absent for 0. */
  readonly postponed?: number | undefined;
  readonly usage?: Usage | undefined;
}

/** What is known when the results of a round are complete. */
export interface RoundEnd {
  readonly batch: string | undefined;
  readonly failed: ReadonlyMap<number, StoredFailure>;
  readonly again: readonly number[];
  readonly postponed?: number | undefined;
  readonly usage: Usage | undefined;
}

/** What a round has given, in short. */
export interface LandedRound {
  /** Texts that the next round sends. */
  readonly left: number;
  /** Whether there was a batch at the service. */
  readonly hasBatch: boolean;
  /** Whether it has embedded anything, and so has used tokens. */
  readonly isMetered: boolean;
  readonly usage: Usage | undefined;
}

/** Bytes of embeddings that are gathered, and sorted, before they are written. */
const bufferSize = 1_048_576;
const isBigEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 0;

/** Writes the embeddings of a round as they come, each at its place. */
export class ResultsWriter {
  readonly #file: DurableFile;
  readonly #path: string;
  #bytes = 0;
  /** Copies of embeddings as they came, so that they themselves are garbage at once. */
  #buffer = Buffer.alloc(0);
  /** The same in their order. */
  #sorted = Buffer.alloc(0);
  /** The number in the round of each embedding in the buffer. */
  #numbers: number[] = [];

  private constructor(file: DurableFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  static async create(path: string): Promise<ResultsWriter> {
    return new ResultsWriter(await DurableFile.create(path), path);
  }

  /**
   * Stores the embedding of a text of the round. Await what it returns, if anything.
   *
   * @throws Error where embeddings have different lengths
   */
  put(at: number, embedding: AnyEmbedding): Promise<void> | undefined {
    const bytes = bytesOf(embedding);
    if (this.#bytes === 0) this.#allocate(bytes.length);
    if (bytes.length !== this.#bytes) {
      throw new Error(
        `the service has returned embeddings of ${this.#bytes} and of ${bytes.length} bytes in one batch; they must all ` +
          `have the same dimensions. Nothing of this batch is stored in ${this.#path}`,
      );
    }
    bytes.copy(this.#buffer, this.#numbers.length * this.#bytes);
    this.#numbers.push(at);
    return (this.#numbers.length + 1) * this.#bytes <= this.#buffer.length ? undefined : this.#write();
  }

  async commit(
    round: { readonly part: number; readonly round: number; readonly count: number },
    positions: readonly number[] | undefined,
    { batch, failed, again, postponed, usage }: RoundEnd,
  ): Promise<void> {
    await this.#write();
    const missing = this.#bytes * round.count - this.#file.size;
    // Where the last ones have failed.
    if (missing > 0) await this.#file.writeAt(this.#file.size, new Uint8Array(missing));
    const facts: Facts = {
      ...round,
      batch,
      bytes: this.#bytes,
      positions: positions && encodeNumbers(positions),
      failed: [...failed],
      again: encodeNumbers(again),
      postponed: postponed === 0 ? undefined : postponed,
      usage,
    };
    await commitWithTrailer(this.#file, "results", facts);
    this.#free();
  }

  async discard(): Promise<void> {
    await this.#file.discard();
    this.#free();
  }

  #free(): void {
    freeMemory(this.#buffer);
    freeMemory(this.#sorted);
  }

  #allocate(bytes: number): void {
    this.#bytes = bytes;
    const size = Math.max(1, Math.floor(bufferSize / bytes)) * bytes;
    this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#sorted = Buffer.allocUnsafeSlow(size);
  }

  /** Neighbours are written at once: services often keep the order. */
  async #write(): Promise<void> {
    const size = this.#bytes;
    const numbers = this.#numbers;
    this.#numbers = [];
    const order = numbers.map((_, at) => at).toSorted((one, other) => numbers[one]! - numbers[other]!);
    for (const [to, from] of order.entries()) {
      this.#buffer.copy(this.#sorted, to * size, from * size, (from + 1) * size);
    }
    for (let from = 0; from < order.length;) {
      const first = numbers[order[from]!]!;
      let to = from + 1;
      while (to < order.length && numbers[order[to]!] === first + to - from) to++;
      // oxlint-disable-next-line no-await-in-loop -- one disk
      await this.#file.writeAt(first * size, this.#sorted.subarray(from * size, to * size));
      from = to;
    }
  }
}

/** What a round has given. */
export class RoundResults {
  readonly part: number;
  readonly round: number;
  readonly batch: string | undefined;
  readonly count: number;
  readonly usage: Usage | undefined;
  /** By the number of the text in the round. */
  readonly failed: ReadonlyMap<number, StoredFailure>;
  /** Those that the next round sends, by their number in this round. */
  readonly again: readonly number[];
  /** How many rounds of the part, up to this one, do not count, as the service had no room for their batches. */
  readonly postponed: number;
  /** The position in the part of each text. */
  readonly positions: readonly number[] | undefined;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #bytes: number;
  /** Read into again and again. */
  #memory = Buffer.alloc(0);
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  private constructor(file: FileHandle, path: string, facts: Facts) {
    const { part, round, batch, count, bytes, positions, failed, again, postponed = 0, usage } = facts;
    this.part = part;
    this.round = round;
    this.batch = batch;
    this.count = count;
    this.usage = usage;
    this.failed = new Map(failed);
    this.again = decodeNumbers(again);
    this.postponed = postponed;
    this.positions = positions === undefined ? undefined : decodeNumbers(positions);
    this.#file = file;
    this.#path = path;
    this.#bytes = bytes;
  }

  /** What a log keeps of it. */
  get landed(): LandedRound {
    const { batch, count, failed, again, usage } = this;
    return {
      left: again.length,
      hasBatch: batch !== undefined,
      isMetered: count > failed.size + again.length,
      usage,
    };
  }

  /** @throws RunFileError for a file that is damaged */
  static async open(path: string): Promise<RoundResults> {
    const file = await open(path, "r");
    try {
      const facts = await readTrailer<Facts>(file, path, "results");
      const { size } = await file.stat();
      if (size < facts.count * facts.bytes) throw damaged(path);
      return new RoundResults(file, path, facts);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The embedding of a text that has one, by its number in the round. Reading one after another is fast. One is read at a time. */
  async read<E extends ElementType>(at: number, elementType: E): Promise<EmbeddingOf<E>> {
    const start = at * this.#bytes;
    const end = start + this.#bytes;
    if (start < this.#blockAt || end > this.#blockAt + this.#block.length) {
      const most = Math.max(1, Math.floor(bufferSize / 4 / this.#bytes));
      const length = Math.min(most, this.count - at) * this.#bytes;
      if (this.#memory.length === 0) this.#memory = Buffer.allocUnsafeSlow(most * this.#bytes);
      // Its memory changes, even if reading fails.
      this.#block = this.#block.subarray(0, 0);
      this.#block = await readExactly(this.#file, start, length, this.#path, this.#memory);
      this.#blockAt = start;
    }
    const bytes = new Uint8Array(this.#bytes);
    bytes.set(this.#block.subarray(start - this.#blockAt, end - this.#blockAt));
    return embeddingOf(bytes, elementType);
  }

  async close(): Promise<void> {
    await this.#file.close();
    freeMemory(this.#memory);
  }
}

/** The bytes of an embedding, numbers in little-endian. */
function bytesOf(embedding: AnyEmbedding): Buffer {
  const bytes = Buffer.from(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  return isBigEndian && embedding.BYTES_PER_ELEMENT === 4 ? Buffer.from(bytes).swap32() : bytes;
}

function embeddingOf<E extends ElementType>(bytes: Uint8Array<ArrayBuffer>, elementType: E): EmbeddingOf<E> {
  switch (elementType) {
    case "float":
      if (isBigEndian) Buffer.from(bytes.buffer).swap32();
      return new Float32Array(bytes.buffer) as EmbeddingOf<E>;
    case "int8":
    case "binary":
      return new Int8Array(bytes.buffer) as EmbeddingOf<E>;
    default:
      return bytes as EmbeddingOf<E>;
  }
}

function encodeNumbers(numbers: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(numbers.length * 4);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32LE(number, at * 4);
  return bytes.toString("base64");
}

function decodeNumbers(text: string): number[] {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32LE(at * 4));
}
