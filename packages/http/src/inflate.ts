import { Transform, type TransformCallback } from "node:stream";
import { createInflate, createInflateRaw, type Inflate as Wrapped, type InflateRaw } from "node:zlib";

/** Decodes `deflate`, with zlib's header or, as some servers send it, without: the first byte tells which. */
export class Inflate extends Transform {
  #inner: Wrapped | InflateRaw | undefined;

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    if (chunk.length === 0) return done();
    (this.#inner ??= this.#begin(chunk[0]!)).write(chunk, done);
  }

  override _flush(done: TransformCallback): void {
    this.#inner ??= this.#begin(8);
    this.#inner.once("end", () => done()).end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    done(error);
  }

  #begin(first: number): Wrapped | InflateRaw {
    const inner = (first & 15) === 8 ? createInflate() : createInflateRaw();
    inner.on("data", (chunk) => this.push(chunk));
    inner.on("error", (error) => this.destroy(error));
    return inner;
  }
}
