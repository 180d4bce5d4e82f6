import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";

/**
 * The text at the beginning of a body: what has come when it ends, breaks off, has given so many bytes, or so many
 * milliseconds are over. What is left of it is dropped, with its connection.
 */
export function bodyStart(body: Readable, most: number, milliseconds: number): Promise<string> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const done = (): void => {
      clearTimeout(timer);
      body.off("data", add);
      body.destroy();
      resolve(new TextDecoder().decode(Buffer.concat(pieces).subarray(0, most)));
    };
    const add = (piece: Buffer): void => {
      pieces.push(piece);
      length += piece.length;
      if (length >= most) done();
    };
    const timer = setTimeout(done, milliseconds);
    body.on("data", add);
    for (const event of ["end", "error", "close"]) body.once(event, done);
  });
}
