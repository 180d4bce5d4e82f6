import { type FileHandle, open } from "node:fs/promises";
import { DurableFile } from "./durable-file.ts";
import { commitWithTrailer, readExactly, readTrailer } from "./trailer.ts";

interface Facts {
  readonly count: number;
  /** Where the table of offsets begins: the bytes of all texts. */
  readonly bytes: number;
}

const offsetSize = 8;

/** Writes the texts of a part: UTF-8, one after another, then where each begins and the last one ends. */
export class TextsWriter {
  readonly #file: DurableFile;
  readonly #offsets: number[] = [0];

  private constructor(file: DurableFile) {
    this.#file = file;
  }

  static async create(path: string): Promise<TextsWriter> {
    return new TextsWriter(await DurableFile.create(path));
  }

  get count(): number {
    return this.#offsets.length - 1;
  }

  append(text: string): Promise<void> | undefined {
    const bytes = Buffer.from(text);
    this.#offsets.push(this.#offsets.at(-1)! + bytes.length);
    return this.#file.append(bytes);
  }

  async commit(): Promise<void> {
    const facts: Facts = { count: this.count, bytes: this.#offsets.at(-1)! };
    const table = Buffer.allocUnsafe(this.#offsets.length * offsetSize);
    for (const [at, offset] of this.#offsets.entries()) table.writeDoubleLE(offset, at * offsetSize);
    await this.#file.append(table);
    await commitWithTrailer(this.#file, "texts", facts);
  }

  discard(): Promise<void> {
    return this.#file.discard();
  }
}

/** Bytes that are read at once. */
const blockSize = 262_144;

/** The texts of a part. */
export class PartTexts {
  readonly count: number;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #bytes: number;
  readonly #table: Buffer;
  /** What was read last. */
  #block: Buffer = Buffer.alloc(0);
  #blockAt = 0;

  private constructor(file: FileHandle, path: string, { count, bytes }: Facts, table: Buffer) {
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

  /** Reading one after another is fast. */
  async read(position: number): Promise<string> {
    const start = this.#table.readDoubleLE(position * offsetSize);
    const end = this.#table.readDoubleLE((position + 1) * offsetSize);
    if (start < this.#blockAt || end > this.#blockAt + this.#block.length) {
      const length = Math.max(end - start, Math.min(blockSize, this.#bytes - start));
      this.#block = await readExactly(this.#file, start, length, this.#path);
      this.#blockAt = start;
    }
    return this.#block.toString("utf8", start - this.#blockAt, end - this.#blockAt);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
