import type { Readable, Transform } from "node:stream";
import * as zlib from "node:zlib";
import { Inflate } from "./inflate.ts";

/**
 * What can be read. Not by undici's own interceptor: it is experimental and warns of that in each process, takes part in
 * answers that are not packed, and leaves errors and unknown encodings as they are.
 *
 * None of these is asked for. The README has figures: gzip pays for JSON over 100 Mbit/s, and costs over faster lines.
 */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  // What a decoder must be able to keep, and no more: RFC 9659.
  zstd: () => zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } }),
  deflate: () => new Inflate(),
};

/** Each is work for every byte that the one before has made of one. */
const mostEncodings = 3;

/** The encodings of a body in the order in which they are to be taken off. */
export function readEncodings(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  const names = String(header).toLowerCase().split(",");
  return names
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
    .toReversed();
}

export function canDecode(encodings: readonly string[]): boolean {
  return encodings.length <= mostEncodings && encodings.every((name) => Object.hasOwn(decoders, name));
}

/** A body without its encodings. What goes wrong with it, or is left early, does so for both. */
export function decodeBody(body: Readable, encodings: readonly string[]): Readable {
  return encodings.reduce((source, name) => {
    const decoder = decoders[name]!();
    source.on("error", (error) => decoder.destroy(error));
    decoder.on("close", () => source.destroy());
    // Of a stream, nobody listens until it is read.
    decoder.on("error", () => {});
    return source.pipe(decoder);
  }, body);
}

/** Whether an error says that a body is not what its encoding promises. */
export function isCorrupt(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^(Z_|ERR__|ZSTD_)/.test(String(error.code));
}
