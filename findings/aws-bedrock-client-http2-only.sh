#!/usr/bin/env bash
# @aws-sdk/client-bedrock-runtime 3.1164.0: the client speaks HTTP/2 only, unlike most clients of the same SDK, and
# without negotiation: also to an `endpoint` whose address begins with http://. A local stub, a recording proxy or a gateway that
# speaks HTTP/1.1 gets bytes that are no request, and the caller a protocol error that does not name the version.
# With `requestHandler: new NodeHttpHandler()` the same call succeeds.
#
# Output seen:
#   { default: 'ERR_HTTP2_ERROR', NodeHttpHandler: 'status 200' }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @aws-sdk/client-bedrock-runtime@3.1164.0 @smithy/node-http-handler@4.14.2
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { BedrockRuntimeClient, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const server = createServer((request, response) => {
  request.resume();
  response.setHeader("content-type", "application/json").end('{"embedding":[1]}');
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

async function outcome(more) {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${server.address().port}`,
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    maxAttempts: 1,
    ...more,
  });
  const command = new InvokeModelCommand({ modelId: "amazon.titan-embed-text-v2:0", body: '{"inputText":"a"}' });
  try {
    return `status ${(await client.send(command)).$metadata.httpStatusCode}`;
  } catch (error) {
    return error.code ?? error.name;
  } finally {
    client.destroy();
  }
}
const seen = {
  default: await outcome({}),
  NodeHttpHandler: await outcome({ requestHandler: new NodeHttpHandler() }),
};
server.close();
server.closeAllConnections();
console.log(seen);
if (!String(seen.default).startsWith("ERR_HTTP2") || seen.NodeHttpHandler !== "status 200") {
  console.error("changed: another version of HTTP");
  process.exitCode = 1;
}
END
node program.mjs
