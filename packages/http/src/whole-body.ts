import { Buffer } from "node:buffer";
import { channel } from "node:diagnostics_channel";
import type { Readable } from "node:stream";
import type { ByteLimit } from "./byte-limit.ts";

/** Bytes of memory that are kept between responses: the size of a large batch of embeddings. */
const maxKept = 4 * 1024 * 1024;

/** Joins the chunks of bodies in memory that is reused: allocating memory takes longer than filling it. */
export class BodyJoiner {
  #kept: Buffer = Buffer.alloc(0);

  /**
   * The bytes of a body, without a byte order mark. They are overwritten when the next body is joined.
   *
   * @param chunks the array is emptied, because an old object may reference it for long
   * @param areOwn whether each chunk lies in memory of its own that nobody else uses, so that it is freed at once
   */
  join(chunks: Buffer[], areOwn: boolean): Buffer {
    const bytes = chunks.length === 1 ? chunks[0]! : this.#fill(chunks);
    if (areOwn && !onChunk.hasSubscribers) for (const chunk of chunks.slice(1)) free(chunk);
    chunks.length = 0;
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }

  #fill(chunks: readonly Buffer[]): Buffer {
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (length > maxKept) return Buffer.concat(chunks, length);
    if (length > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(Math.min(2 * length, maxKept));
    let end = 0;
    for (const chunk of chunks) end += chunk.copy(this.#kept, end);
    return this.#kept.subarray(0, end);
  }
}

/** Its subscribers may keep the chunks. */
const onChunk = channel("undici:request:bodyChunkReceived");

/** Bytes. Smaller chunks are left to the garbage collection. */
const minFreed = 16 * 1024;

/**
 * Frees the memory of a chunk that has been copied. Left to the garbage collection, the chunks of large responses make it
 * run so often that it takes half of the time of reading them.
 */
function free({ buffer, length }: Buffer): void {
  // In memory that is shared, such as Node's pool, it would be a smaller part.
  if (buffer instanceof ArrayBuffer && length >= minFreed && 2 * length > buffer.byteLength)
    buffer.transfer(0);
}

/** All chunks of a body, once it has ended. A body that is too large is abandoned together with its connection. */
export function readChunks(body: Readable, limit: ByteLimit): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on("data", (chunk: Buffer) => {
      try {
        limit.count(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        chunks.length = 0;
        reject(error);
        body.destroy();
      }
    });
    body.on("end", () => resolve(chunks));
    body.on("error", reject);
  });
}

/** The bytes of a body, in memory that is not reused. */
export function bytesOf(chunks: readonly Buffer[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
}

/** The value of a body that is JSON, or another format that `parse` reads; `undefined` if that fails. */
export function parseBody(
  body: Buffer,
  parse: (body: Buffer) => unknown = (bytes) => JSON.parse(bytes.toString()),
): unknown {
  try {
    return parse(body);
  } catch {
    return undefined;
  }
}
