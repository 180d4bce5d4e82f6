import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Bytes that are gathered before they are written. */
const bufferSize = 1_048_576;

/** What is not complete yet has a name of its own: after a kill, it is written anew. */
const unfinished = (path: string): string => `${path}.unfinished`;

/** A file that is written from its start to its end, and is there as a whole or not at all, even after a power cut. */
export class DurableFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #buffered: Uint8Array[] = [];
  #bytes = 0;
  #written = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<DurableFile> {
    return new DurableFile(path, await open(unfinished(path), "w"));
  }

  /** The bytes that were appended. */
  get size(): number {
    return this.#written + this.#bytes;
  }

  /** Appends bytes, which must not change afterwards. Await what it returns, if anything. */
  append(bytes: Uint8Array): Promise<void> | undefined {
    this.#buffered.push(bytes);
    this.#bytes += bytes.length;
    return this.#bytes < bufferSize ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    const bytes =
      this.#buffered.length === 1 ? this.#buffered[0]! : Buffer.concat(this.#buffered, this.#bytes);
    this.#buffered = [];
    this.#bytes = 0;
    const position = this.#written;
    this.#written += bytes.length;
    await writeAll(this.#file, bytes, position);
  }

  /** Writes bytes at a position before the end. */
  async writeAt(position: number, bytes: Uint8Array): Promise<void> {
    this.#written = Math.max(this.#written, position + bytes.length);
    await writeAll(this.#file, bytes, position);
  }

  /** From now on the file exists. */
  async commit(): Promise<void> {
    await this.flush();
    await this.#file.sync();
    await this.#file.close();
    await rename(unfinished(this.#path), this.#path);
    await syncDirectory(dirname(this.#path));
  }

  /** Gives up: nothing remains. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(unfinished(this.#path), { force: true });
  }
}

/** Writes a small file as a whole or not at all. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const file = await DurableFile.create(path);
  try {
    await file.append(Buffer.from(content));
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Makes the names of files in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a directory, and does not need it.
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    // oxlint-disable-next-line no-await-in-loop -- a disk may take less than it is given
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
