#!/usr/bin/env bash
# @huggingface/tokenizers 0.2.0: with the lower-casing normalizer of BERT, the last letter of a Greek word in capitals becomes a
# final sigma (ς), as JavaScript's `toLowerCase` has it. The publisher's library in Rust, which is also the one of Python, lowers each
# letter by itself (σ). With the same tokenizer.json such a word has other tokens here, and a text another vector.
#
# Output seen, the tokens of "ΟΔΟΣ" by this package, and by bindings of the library in Rust:
#   {
#     javascript: [ 'ο', '##δ', '##ο', '##ς' ],
#     rust: [ 'ο', '##δ', '##ο', '##σ' ]
#   }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @huggingface/tokenizers@0.2.0 @anush008/tokenizers@0.6.0
cat >program.mjs <<'END'
import { Tokenizer as RustTokenizer } from "@anush008/tokenizers";
import { Tokenizer } from "@huggingface/tokenizers";

const vocabulary = ["[UNK]", "ο", "##δ", "##ο", "##σ", "##ς"];
const tokenizer = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: null,
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
  },
};
const text = "ΟΔΟΣ";
const javascript = new Tokenizer(tokenizer, {}).encode(text).tokens;
const encoding = await RustTokenizer.fromString(JSON.stringify(tokenizer)).encode(text);
const rust = encoding.getTokens();
console.log({ javascript, rust });
if (javascript.at(-1) !== "##ς" || rust.at(-1) !== "##σ") {
  console.error("changed: both have the same tokens");
  process.exitCode = 1;
}
END
node program.mjs
