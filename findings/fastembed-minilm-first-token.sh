#!/usr/bin/env bash
# fastembed 2.1.0 (npm): all-MiniLM-L6-v2 is a model whose vector is the mean of its tokens' vectors, as its 1_Pooling/config.json
# says (pooling_mode_mean_tokens). `FlagEmbedding` returns the vector of the first token, for this model as for those of BGE. And
# each text is padded to `maxLength`, 512 tokens by default, however short all texts of a batch are.
#
# Here the model is a table: the vector of a token is a row of it, so one sees which tokens a text's vector is made of.
#
# Output seen:
#   {
#     'mean of [CLS] a b [SEP]': [ 0, 0.707, 0.707 ],
#     fastembed: [ 1, 0, 0 ],
#     tokens: 512
#   }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, npm, and Linux or macOS.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent --ignore-scripts fastembed@2.1.0
cat >program.mjs <<'END'
import { mkdirSync, writeFileSync } from "node:fs";
import { EmbeddingModel, FlagEmbedding } from "fastembed";

// An ONNX file: three inputs, and for each token its row of a table.
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
const number = (field, value) => [...varint(field * 8), ...varint(value)];
const bytes = (field, ...content) => [...varint(field * 8 + 2), ...varint(content.flat().length), ...content.flat()];
const string = (field, value) => bytes(field, [...Buffer.from(value)]);
const [float32, int64] = [1, 7];
const dimension = (size) => bytes(1, typeof size === "number" ? number(1, size) : string(2, size));
const value = (field, name, type, ...sizes) =>
  bytes(field, string(1, name), bytes(2, bytes(1, number(1, type), bytes(2, ...sizes.map(dimension)))));
const table = [[0, 0, 0], [0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, 0, 1]];
const rows = [...Buffer.from(Float32Array.from(table.flat()).buffer)];
const model = [
  number(1, 8),
  bytes(
    7,
    bytes(1, string(1, "table"), string(1, "input_ids"), string(2, "last_hidden_state"), string(4, "Gather")),
    string(2, "graph"),
    bytes(5, number(1, 6), number(1, 3), number(2, float32), string(8, "table"), bytes(9, rows)),
    ...["input_ids", "attention_mask", "token_type_ids"].map((name) => value(11, name, int64, "texts", "tokens")),
    value(12, "last_hidden_state", float32, "texts", "tokens", 3),
  ),
  bytes(8, string(1, ""), number(2, 13)),
].flat();

const marks = { pad_token: "[PAD]", unk_token: "[UNK]", cls_token: "[CLS]", sep_token: "[SEP]" };
const names = [...Object.values(marks), "a", "b"];
const special = (id) => ({ id: names[id], ids: [id], tokens: [names[id]] });
const tokenizer = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [{ Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
    special_tokens: { "[CLS]": special(2), "[SEP]": special(3) },
  },
  decoder: null,
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(names.map((name, id) => [name, id])),
  },
};
const folder = `cache/${EmbeddingModel.AllMiniLML6V2}`;
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/model.onnx`, Uint8Array.from(model));
writeFileSync(`${folder}/tokenizer.json`, JSON.stringify(tokenizer));
writeFileSync(`${folder}/config.json`, JSON.stringify({ pad_token_id: 0 }));
writeFileSync(`${folder}/tokenizer_config.json`, JSON.stringify({ model_max_length: 512, ...marks }));
writeFileSync(`${folder}/special_tokens_map.json`, JSON.stringify(marks));

const flag = await FlagEmbedding.init({ model: EmbeddingModel.AllMiniLML6V2, cacheDir: "cache" });
const { value: [vector] } = await flag.embed(["a b"]).next();
const tokens = (await flag.tokenizer.encode("a b")).getIds().length;
const rounded = Array.from(vector, (each) => Math.round(each * 1000) / 1000);
// [1, 0, 0] + [0, 1, 0] + [0, 0, 1] + [-1, 0, 0], of length 1.
console.log({ "mean of [CLS] a b [SEP]": [0, 0.707, 0.707], fastembed: rounded, tokens });
if (String(rounded) !== "1,0,0" || tokens !== 512) process.exitCode = 1;
END
node program.mjs
