import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import type { ByteLimit } from "./byte-limit.ts";

/** The most that is kept between answers: what a large batch of embeddings takes. */
const mostKept = 4 * 1024 * 1024;

/** Puts the pieces of bodies together in memory that is used again: to get new memory takes longer than to fill it. */
export class BodyJoiner {
  #kept: Buffer = Buffer.alloc(0);

  /**
   * The bytes of a body, without a byte order mark. They are there only until the next body is joined.
   *
   * @param pieces are taken out of the array: what is old may hold it for long
   */
  join(pieces: Buffer[]): Buffer {
    const bytes = pieces.length === 1 ? pieces[0]! : this.#fill(pieces);
    pieces.length = 0;
    return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  }

  #fill(pieces: readonly Buffer[]): Buffer {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length > mostKept) return Buffer.concat(pieces, length);
    if (length > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(Math.min(2 * length, mostKept));
    let end = 0;
    for (const piece of pieces) end += piece.copy(this.#kept, end);
    return this.#kept.subarray(0, end);
  }
}

/** All pieces of a body, when it has ended. One with too many bytes is left, and the connection with it. */
export function piecesOf(body: Readable, limit: ByteLimit): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    body.on("data", (piece: Buffer) => {
      try {
        limit.count(piece.length);
        pieces.push(piece);
      } catch (error) {
        pieces.length = 0;
        reject(error);
        body.destroy();
      }
    });
    body.on("end", () => resolve(pieces));
    body.on("error", reject);
  });
}

/** The bytes of a body, in memory of their own. */
export function bytesOf(pieces: readonly Buffer[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    bytes.set(piece, end);
    end += piece.length;
  }
  return bytes;
}

/** The value of a body that is JSON, or whatever else `parse` reads; `undefined` where it cannot. */
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
