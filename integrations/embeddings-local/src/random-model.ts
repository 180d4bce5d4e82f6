import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A small BERT encoder with random weights, for tests. */
export interface RandomModel {
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly positions: number;
  readonly epsilon: number;
  /** By the names of the tensors; rows of numbers one after another. */
  readonly weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float64Array }>;
}

/** Its index is the id. */
const vocabulary =
  "[PAD] [UNK] [CLS] [SEP] [MASK] the moon makes tide ##s rise query passage : . bread un ##read".split(" ");

export function randomModel(seed: number): RandomModel {
  const [layers, heads, hidden, intermediate, positions] = [2, 3, 12, 20, 16];
  const weights = new Map<string, { shape: readonly number[]; values: Float64Array }>();
  let state = seed;
  // Multiples of 1/128 below 1: 32-bit floats, halves and brain floats have them all.
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (((state >>> 8) % 255) - 127) / 128;
  };
  const add = (name: string, ...shape: readonly number[]): void => {
    const size = shape.reduce((product, each) => product * each, 1);
    weights.set(name, { shape, values: Float64Array.from({ length: size }, random) });
  };
  const linear = (name: string, outputs: number, inputs: number): void => {
    add(`${name}.weight`, outputs, inputs);
    add(`${name}.bias`, outputs);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, hidden);
    add(`${name}.bias`, hidden);
  };
  add("embeddings.word_embeddings.weight", vocabulary.length, hidden);
  add("embeddings.position_embeddings.weight", positions, hidden);
  add("embeddings.token_type_embeddings.weight", 2, hidden);
  norm("embeddings.LayerNorm");
  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`;
    for (const part of ["query", "key", "value"]) linear(`${name}.attention.self.${part}`, hidden, hidden);
    linear(`${name}.attention.output.dense`, hidden, hidden);
    norm(`${name}.attention.output.LayerNorm`);
    linear(`${name}.intermediate.dense`, intermediate, hidden);
    linear(`${name}.output.dense`, hidden, intermediate);
    norm(`${name}.output.LayerNorm`);
  }
  return { layers, heads, hidden, intermediate, positions, epsilon: 1e-12, weights };
}

type StoredType = "F32" | "F16" | "BF16";

export interface FileOptions {
  readonly pooling?: "mean" | "cls";
  readonly dtype?: StoredType;
  /** Before the name of each tensor. */
  readonly prefix?: string;
}

/** The files of a model, as sentence-transformers writes them. */
export type ModelFiles = Record<string, unknown>;

/** Its files by their paths in the folder; weights are bytes, and everything else is for JSON. */
export function filesOf(
  model: RandomModel,
  { pooling = "mean", dtype = "F32", prefix = "" }: FileOptions = {},
): ModelFiles {
  return {
    "config.json": {
      architectures: ["BertModel"],
      attention_probs_dropout_prob: 0.1,
      hidden_act: "gelu",
      hidden_dropout_prob: 0.1,
      hidden_size: model.hidden,
      initializer_range: 0.02,
      intermediate_size: model.intermediate,
      layer_norm_eps: model.epsilon,
      max_position_embeddings: model.positions,
      model_type: "bert",
      num_attention_heads: model.heads,
      num_hidden_layers: model.layers,
      pad_token_id: 0,
      position_embedding_type: "absolute",
      type_vocab_size: 2,
      use_cache: true,
      vocab_size: vocabulary.length,
    },
    "tokenizer.json": tokenizer(),
    "model.safetensors": safetensors(model, dtype, prefix),
    "modules.json": [
      { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
      { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
      { idx: 2, name: "2", path: "2_Normalize", type: "sentence_transformers.models.Normalize" },
    ],
    "1_Pooling/config.json": {
      word_embedding_dimension: model.hidden,
      pooling_mode_cls_token: pooling === "cls",
      pooling_mode_mean_tokens: pooling === "mean",
      pooling_mode_max_tokens: false,
      pooling_mode_mean_sqrt_len_tokens: false,
    },
    "sentence_bert_config.json": { max_seq_length: 14, do_lower_case: false },
  };
}

export function writeModel(folder: string, files: ModelFiles): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const isText = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(path, isText ? content : JSON.stringify(content));
  }
}

const mark = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });

function tokenizer(): Record<string, unknown> {
  const marks = vocabulary.slice(0, 5).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const special = (id: string): object => ({ id, ids: [vocabulary.indexOf(id)], tokens: [id] });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: marks,
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [mark("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, mark("[SEP]")],
      pair: [
        mark("[CLS]"),
        { Sequence: { id: "A", type_id: 0 } },
        mark("[SEP]"),
        { Sequence: { id: "B", type_id: 1 } },
        mark("[SEP]"),
      ],
      special_tokens: { "[CLS]": special("[CLS]"), "[SEP]": special("[SEP]") },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((name, id) => [name, id])),
    },
  };
}

function safetensors({ weights }: RandomModel, dtype: StoredType, prefix: string): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, values }] of weights) {
    const bytes = encode(values, dtype);
    header[prefix + name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, ...parts]));
}

function encode(values: Float64Array, dtype: StoredType): Uint8Array {
  const size = dtype === "F32" ? 4 : 2;
  const view = new DataView(new ArrayBuffer(values.length * size));
  const scratch = new DataView(new ArrayBuffer(4));
  for (const [index, value] of values.entries()) {
    scratch.setFloat32(0, value);
    const bits = scratch.getUint32(0);
    if (dtype === "F32") view.setUint32(4 * index, bits, true);
    else if (dtype === "BF16") view.setUint16(2 * index, bits >>> 16, true);
    else view.setUint16(2 * index, value === 0 ? 0 : halfOf(bits), true);
  }
  return new Uint8Array(view.buffer);
}

/** Of a number that a half has exactly and without denormals: the exponent has another bias, and 5 bits. */
const halfOf = (bits: number): number =>
  ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 0xff) - 127 + 15) << 10) | ((bits >>> 13) & 0x3ff);
