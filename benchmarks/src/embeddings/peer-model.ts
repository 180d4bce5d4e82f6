import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encoderLayer } from "../../../integrations/embeddings-local/src/encoder-layer.ts";
import { includedModel } from "../../../integrations/embeddings-local/src/local-model.ts";
import { OnnxGraph, type Value } from "../../../integrations/embeddings-local/src/onnx-graph.ts";
import { readTensors } from "../../../integrations/embeddings-local/src/safetensors.ts";

const elementTypes: Readonly<Record<string, "float32" | "float16">> = { F32: "float32", F16: "float16" };

/**
 * Writes the model that `@llx/embeddings-local` includes as other libraries read it: an ONNX file that takes padded texts and
 * their mask, and returns the vectors of the tokens; beside it what they want to know of the tokenizer.
 *
 * @param graph the name of the ONNX file, below the folder
 */
export async function writePeerModel(folder: string, graph: string): Promise<void> {
  const { files } = includedModel();
  await mkdir(join(folder, graph, ".."), { recursive: true });
  await writeFile(join(folder, graph), tokenVectors());
  await copyFile(files.config, join(folder, "config.json"));
  await copyFile(files.tokenizer, join(folder, "tokenizer.json"));
  const marks = {
    unk_token: "[UNK]",
    sep_token: "[SEP]",
    pad_token: "[PAD]",
    cls_token: "[CLS]",
    mask_token: "[MASK]",
  };
  const tokenizer = {
    tokenizer_class: "BertTokenizer",
    model_max_length: 256,
    do_lower_case: true,
    ...marks,
  };
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(tokenizer));
  await writeFile(join(folder, "special_tokens_map.json"), JSON.stringify(marks));
}

/** The operators of our own graph, and the mask. */
function tokenVectors(): Uint8Array {
  const { files, shape } = includedModel();
  const { layers, hidden, layerNormEpsilon } = shape;
  const weights = readTensors(files.weights);
  const graph = new OnnxGraph();
  const stored = (name: string): Value => {
    const { dtype, shape: size, bytes } = weights.get(name)!;
    return graph.constant(elementTypes[dtype]!, size, bytes);
  };
  const weight = (name: string): Value => graph.node("Cast", [stored(name)], { to: 1 });
  const normalize = (value: Value, name: string): Value =>
    graph.node("LayerNormalization", [value, weight(`${name}.weight`), weight(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: layerNormEpsilon },
    });
  const linear = (value: Value, name: string): Value => {
    const transposed = graph.node("Transpose", [weight(`${name}.weight`)], { perm: [1, 0] });
    return graph.node("Add", [graph.node("MatMul", [value, transposed]), weight(`${name}.bias`)]);
  };

  const ids = graph.input("input_ids", "int64", ["texts", "tokens"]);
  const mask = graph.input("attention_mask", "int64", ["texts", "tokens"]);
  const types = graph.input("token_type_ids", "int64", ["texts", "tokens"]);
  const absent = graph.node("Sub", [graph.float(1), graph.node("Cast", [mask], { to: 1 })]);
  const ofToken = graph.node("Mul", [absent, graph.float(-1e9)]);
  const penalty = graph.node("Unsqueeze", [ofToken, graph.integers(1, 2)]);

  const look = (table: string, rows: Value): Value =>
    graph.node("Cast", [graph.node("Gather", [stored(`embeddings.${table}.weight`), rows], { axis: 0 })], {
      to: 1,
    });
  const length = graph.node("Shape", [ids], { start: 1, end: 2 });
  const positions = graph.node("Slice", [
    weight("embeddings.position_embeddings.weight"),
    graph.integers(0),
    length,
    graph.integers(0),
  ]);
  const words = graph.node("Add", [look("word_embeddings", ids), look("token_type_embeddings", types)]);
  let value = normalize(graph.node("Add", [words, positions]), "embeddings.LayerNorm");
  const parts = { graph, shape, linear, normalize, penalty };
  for (let index = 0; index < layers; index++) value = encoderLayer(parts, value, `encoder.layer.${index}`);
  graph.output(value, "last_hidden_state", "float32", ["texts", "tokens", hidden]);
  return graph.build();
}
