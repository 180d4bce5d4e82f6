#!/usr/bin/env bash
# node 26.10.0: what stands behind the end of a packed stream is read, refused or passed over, depending on the format. Of two
# members one after another, as of two parts that were packed each by itself and then put together, all is read with gzip
# and zstd; with brotli and deflate the first one comes out, and the second is lost without an error. Bytes that are no member
# are an error with gzip alone. So what was tested with gzip does not hold for brotli. `bytesWritten` of the stream
# tells how much was read; and `DecompressionStream` refuses two members in each format that it has, also in gzip.
#
# Output seen: `two`, of `first ` and `second` packed each by itself; `more`, of `first ` with the word `more` behind it; how
# many bytes of `more` were left; and what `DecompressionStream` says of `two`
#   {
#     gzip: { two: 'first second', more: 'incorrect header check', web: 'Trailing junk found after the end …' },
#     deflate: { two: 'first ', more: 'first ', left: 4, web: 'Trailing junk found after the end …' },
#     brotli: { two: 'first ', more: 'first ', left: 4, web: 'Trailing junk found after the end …' },
#     zstd: { two: 'first second', more: 'first ', left: 4 }
#   }
#
# Exits with 0 while this is so. Needs npm; the package brings its own Node.js.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent node@26.10.0
cat >program.mjs <<'END'
import * as zlib from "node:zlib";
import { buffer } from "node:stream/consumers";

async function unpack(stream, bytes) {
  stream.end(bytes);
  return buffer(stream).then(String, (error) => error.message);
}
const formats = {
  gzip: [zlib.gzipSync, zlib.createGunzip],
  deflate: [zlib.deflateSync, zlib.createInflate],
  brotli: [zlib.brotliCompressSync, zlib.createBrotliDecompress],
  zstd: [zlib.zstdCompressSync, zlib.createZstdDecompress],
};
const seen = {};
for (const [format, [pack, create]] of Object.entries(formats)) {
  const both = Buffer.concat([pack("first "), pack("second")]);
  const longer = Buffer.concat([pack("first "), Buffer.from("more")]);
  const stream = create();
  const more = await unpack(stream, longer);
  seen[format] = { two: await unpack(create(), both), more };
  if (stream.errored === null) seen[format].left = longer.length - stream.bytesWritten;
  if (format === "zstd") continue;
  const web = new Blob([both]).stream().pipeThrough(new DecompressionStream(format));
  seen[format].web = await new Response(web).text().catch((error) => error.message);
}
console.log(seen);
const all = Object.values(seen).map(({ two, more }) => `${two}, ${more}`);
if (all.join("; ") !== "first second, incorrect header check; first , first ; first , first ; first second, first ") {
  console.error("changed: what follows is read, or refused, in other formats");
  process.exitCode = 1;
}
END
node_modules/.bin/node program.mjs
