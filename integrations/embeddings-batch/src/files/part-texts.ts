import { type FileHandle, open } from "node:fs/promises";
import { DurableFile } from "./durable-file.ts";
import { freeMemory } from "./free-memory.ts";
import { commitWithTrailer, readExactly, readTrailer } from "./trailer.ts";

interface Facts {
  readonly count: number;
  /** Where the table of offsets begins: the bytes of all texts. */
  readonly bytes: number;
}

const offsetSize = 8;
/** Bytes that are read or written at once. */
const blockSize = 262_144;

/** Writes the texts of a part: UTF-8, one after another, then where each begins and the last one ends. */
export class TextsWriter {
  readonly #file: DurableFile;
  readonly #offsets: number[] = [0];
  /** What is written next. Its memory is used again: a buffer for each text would be a lot of garbage. */
  readonly #block = Buffer.allocUnsafeSlow(blockSize);
  #filled = 0;

  private constructor(file: DurableFile) {
    this.#file = file;
  }

  static async create(path: string): Promise<TextsWriter> {
    return new TextsWriter(await DurableFile.create(path));
  }

  get count(): number {
    return this.#offsets.length - 1;
  }

  /** Await what it returns, if anything. */
  append(text: string): Promise<void> | undefined {
    const length = Buffer.byteLength(text);
    this.#offsets.push(this.#offsets.at(-1)! + length);
    if (this.#filled + length > blockSize) return this.#appendToNext(text, length);
    this.#filled += this.#block.write(text, this.#filled);
    return undefined;
  }

  async commit(): Promise<void> {
    await this.#flush();
    const facts: Facts = { count: this.count, bytes: this.#offsets.at(-1)! };
    const table = Buffer.allocUnsafeSlow(this.#offsets.length * offsetSize);
    for (const [at, offset] of this.#offsets.entries()) table.writeDoubleLE(offset, at * offsetSize);
    await this.#file.append(table);
    await commitWithTrailer(this.#file, "texts", facts);
    freeMemory(this.#block);
    freeMemory(table);
  }

  async discard(): Promise<void> {
    await this.#file.discard();
    freeMemory(this.#block);
  }

  async #appendToNext(text: string, length: number): Promise<void> {
    await this.#flush();
    if (length > blockSize) await this.#file.append(Buffer.from(text));
    else this.#filled = this.#block.write(text);
  }

  async #flush(): Promise<void> {
    await this.#file.append(this.#block.subarray(0, this.#filled));
    await this.#file.flush();
    this.#filled = 0;
  }
}

/** The texts of a part. */
export class PartTexts {
  readonly count: number;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #bytes: number;
  readonly #table: Buffer<ArrayBuffer>;
  /** Read into again and again. */
  #memory = Buffer.alloc(0);
  /** What was read last. */
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  private constructor(file: FileHandle, path: string, { count, bytes }: Facts, table: Buffer<ArrayBuffer>) {
    this.#file = file;
    this.#path = path;
    this.count = count;
    this.#bytes = bytes;
    this.#table = table;
  }

  /** @throws RunFileError for a file that is damaged */
  static async open(path: string): Promise<PartTexts> {
    const file = await open(path, "r");
    try {
      const facts = await readTrailer<Facts>(file, path, "texts");
      const table = await readExactly(file, facts.bytes, (facts.count + 1) * offsetSize, path);
      return new PartTexts(file, path, facts, table);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Reading one after another is fast. One is read at a time. */
  read(position: number): string | Promise<string> {
    const start = this.#table.readDoubleLE(position * offsetSize);
    const end = this.#table.readDoubleLE((position + 1) * offsetSize);
    const isThere = start >= this.#blockAt && end <= this.#blockAt + this.#block.length;
    return isThere ? this.#between(start, end) : this.#load(start, end);
  }

  async close(): Promise<void> {
    await this.#file.close();
    freeMemory(this.#memory);
    freeMemory(this.#table);
  }

  async #load(start: number, end: number): Promise<string> {
    const length = Math.max(end - start, Math.min(blockSize, this.#bytes - start));
    if (this.#memory.length === 0) this.#memory = Buffer.allocUnsafeSlow(blockSize);
    // Its memory changes, even if reading fails.
    this.#block = this.#block.subarray(0, 0);
    this.#block = await readExactly(this.#file, start, length, this.#path, this.#memory);
    this.#blockAt = start;
    return this.#between(start, end);
  }

  #between(start: number, end: number): string {
    return this.#block.toString("utf8", start - this.#blockAt, end - this.#blockAt);
  }
}
