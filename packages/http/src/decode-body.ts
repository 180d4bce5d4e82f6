import type { Readable, Transform } from "node:stream";
import * as zlib from "node:zlib";
import { Inflate } from "./inflate.ts";

/**
 * The supported encodings. undici's own interceptor is not used: it is experimental and prints a warning in each
 * process, slows down responses that are not compressed, and passes on errors and unknown encodings undecoded.
 *
 * None is requested. The README has figures: gzip pays off for JSON at 100 Mbit/s, and costs time on faster lines.
 */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  // The window size that RFC 9659 requires, and no more.
  zstd: () => zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } }),
  deflate: () => new Inflate(),
};

/** Each one multiplies the work of the one before. */
const maxEncodings = 3;

/** The encodings of a body in the order in which to decode them. */
export function readEncodings(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  const names = String(header).toLowerCase().split(",");
  return names
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
    .toReversed();
}

export function canDecode(encodings: readonly string[]): boolean {
  return encodings.length <= maxEncodings && encodings.every((name) => Object.hasOwn(decoders, name));
}

/** A decoded body. An error or an early end of either stream destroys both. */
export function decodeBody(body: Readable, encodings: readonly string[]): Readable {
  return encodings.reduce((source, name) => {
    const decoder = decoders[name]!();
    source.on("error", (error) => decoder.destroy(error));
    decoder.on("close", () => source.destroy());
    // Nothing listens before the stream is read.
    decoder.on("error", () => {});
    return source.pipe(decoder);
  }, body);
}

/** Whether an error says that a body does not match its encoding. */
export function isCorrupt(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^(Z_|ERR__|ZSTD_)/.test(String(error.code));
}
