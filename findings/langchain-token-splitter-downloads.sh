#!/usr/bin/env bash
# @langchain/textsplitters 1.0.2: TokenTextSplitter downloads the table of its tokens from tiktoken.pages.dev when it splits its first text,
# although the same table is installed with its dependency js-tiktoken. In a network without that address, or where a policy forbids it,
# the first split fails; no option passes a table.
#
# Output seen:
#   {
#     requested: [ 'https://tiktoken.pages.dev/js/cl100k_base.json' ],
#     installed: true,
#     passages: [ 'The moon makes', ' the tides', '.' ]
#   }
#
# The program answers the request itself, with the installed table.
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @langchain/textsplitters@1.0.2 @langchain/core@1.4.0 js-tiktoken@1.0.21
cat >program.mjs <<'END'
import { TokenTextSplitter } from "@langchain/textsplitters";
import table from "js-tiktoken/ranks/cl100k_base";

const requested = [];
globalThis.fetch = async (address) => {
  requested.push(String(address));
  return Response.json(table);
};
const splitter = new TokenTextSplitter({ encodingName: "cl100k_base", chunkSize: 3, chunkOverlap: 0 });
const passages = await splitter.splitText("The moon makes the tides.");
console.log({ requested, installed: typeof table.bpe_ranks === "string", passages });
if (requested.length === 0) {
  console.error("changed: nothing is downloaded");
  process.exitCode = 1;
}
END
node program.mjs
