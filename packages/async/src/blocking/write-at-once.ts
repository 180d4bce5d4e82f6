import { writeSync } from "node:fs";
import type { Writable } from "node:stream";

/** Writes synchronously what is printed here: the event loop of the main thread, which prints for its threads, is blocked. */
export function writeAtOnce(stream: Writable, file: number): void {
  // oxlint-disable-next-line no-underscore-dangle -- the name that streams give it
  stream._writev = (chunks, callback) => {
    try {
      for (const { chunk, encoding } of chunks) {
        writeAll(file, typeof chunk === "string" ? Buffer.from(chunk, encoding) : (chunk as Buffer));
      }
    } catch {
      // For example, the pipe was closed: nobody reads, and the function continues.
    }
    callback();
  };
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(file, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // The pipe is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
