#!/usr/bin/env bash
# undici 8.12.4: a response over HTTP/2 that its server breaks off with RST_STREAM and CANCEL, or NO_ERROR, is complete: its
# first half is the whole body, and no error is thrown. With INTERNAL_ERROR and other codes the body fails. Servers and proxies
# cancel what they cannot finish, and streams of text or bytes have no length that would show it: so half a stream is
# taken for all of it. (curl ends with 92, "stream was not closed cleanly: CANCEL". Node.js emits "end" and no error for such a
# stream, and only its rstCode is 8.) Whoever uses HTTP/2 must see from the content that it is whole.
#
# Output seen: the code of RST_STREAM, and what became of a body of two halves of which one was sent
#   {
#     CANCEL: 'complete: first half',
#     NO_ERROR: 'complete: first half',
#     INTERNAL_ERROR: 'failed: Stream closed with error code NGHTTP2_INTERNAL_ERROR'
#   }
#
# Exits with 0 while this is so. Needs npm; the package brings its own Node.js.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent node@26.10.0 undici@8.12.4
cat >program.mjs <<'END'
import { once } from "node:events";
import { constants, createServer } from "node:http2";
import { H2CClient } from "undici";

const server = createServer();
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  stream.respond({ ":status": 200 });
  // Otherwise Node.js would end the body before the reset.
  stream.end = () => stream;
  stream.write("first half", () => setTimeout(() => stream.close(constants[headers[":path"].slice(1)]), 50));
});
server.listen(0);
await once(server, "listening");
const client = new H2CClient(`http://localhost:${server.address().port}`);
const seen = {};
for (const code of ["CANCEL", "NO_ERROR", "INTERNAL_ERROR"]) {
  const { body } = await client.request({ path: `/NGHTTP2_${code}`, method: "GET" });
  seen[code] = await body.text().then(
    (text) => `complete: ${text}`,
    (error) => `failed: ${error.message}`,
  );
}
console.log(seen);
if (!seen.CANCEL.startsWith("complete") || !seen.NO_ERROR.startsWith("complete")) {
  console.error("changed: a cancelled response is an error");
  process.exitCode = 1;
}
process.exit();
END
node_modules/.bin/node program.mjs
