#!/usr/bin/env bash
# @llamaindex/core 0.6.22: SentenceSplitter throws for a document that mentions a special token of OpenAI's models, such as the text
# <|endoftext|> in a paper about tokenizers. It has no option that passes it on as text, so that one such document ends an
# ingestion. Other texts are split, but a passage can have more tokens than `chunkSize`, by the splitter's own tokenizer.
#
# Output seen:
#   {
#     error: 'The text contains a special token that is not allowed: <|endoftext|>',
#     chunkSize: 16,
#     tokens: [ 15, 16, 17, 16, 15, 15 ]
#   }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @llamaindex/core@0.6.22 @llamaindex/env@0.1.30
cat >program.mjs <<'END'
import { SentenceSplitter } from "@llamaindex/core/node-parser";
import { Tokenizers, tokenizers } from "@llamaindex/env/tokenizers";

const chunkSize = 16;
const splitter = new SentenceSplitter({ chunkSize, chunkOverlap: 4 });
let error;
try {
  splitter.splitText("Texts are joined by <|endoftext|> in training.");
} catch ({ message }) {
  error = message;
}
const { encode } = tokenizers.tokenizer(Tokenizers.CL100K_BASE);
const text = [
  "| option | default | meaning |",
  "| --- | --- | --- |",
  "| `workers` | 4, or learned | how many requests of all calls run at once |",
  "| `retry` | 3 attempts | waits up to ten minutes for a service that refuses |",
  "| `timeout` | 60,000 | milliseconds for one attempt, including the response |",
].join("\n");
const tokens = splitter.splitText(text).map((passage) => encode(passage).length);
console.log({ error, chunkSize, tokens });
if (error === undefined || tokens.every((count) => count <= chunkSize)) {
  console.error("changed: a special token is text, or every passage fits");
  process.exitCode = 1;
}
END
node program.mjs
