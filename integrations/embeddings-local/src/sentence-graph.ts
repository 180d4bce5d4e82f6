import { encoderLayer } from "./encoder-layer.ts";
import { prefixOf } from "./encoder-weights.ts";
import type { LocalModel } from "./local-model.ts";
import { type ElementType, OnnxGraph, type Value } from "./onnx-graph.ts";
import { quantizeWeights } from "./quantized-weights.ts";
import type { StoredTensor } from "./safetensors.ts";

/** The input of the graph: token ids, `[texts, tokens]`; all texts have the same number of tokens. */
export const inputName = "ids";
/** Its output: a vector of length 1 for each text, `[texts, hidden]`. */
export const outputName = "embeddings";

/** A value in 8 bits: computed once where several layers read it. */
interface Quantized {
  readonly rows: Value;
  readonly scales: Value;
}

/** Element types by their names in safetensors. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
};

/**
 * A BERT encoder and the pooling of its last layer, scaled to length 1, as an ONNX model. Weights stay as they are stored;
 * the engine converts them to 32-bit floats when it loads them. They have been checked to be those of the model.
 *
 * With `int8`, linear layers multiply integers: weights with a scale for each output, and activations with a scale for each
 * token. One scale for all tokens, as libraries quantize, would make the vector of a text depend on the others of its batch.
 */
export function sentenceGraph(
  weights: ReadonlyMap<string, StoredTensor>,
  { shape, pooling, precision }: Pick<LocalModel, "shape" | "pooling" | "precision">,
): Uint8Array {
  const { layers, hidden, layerNormEpsilon } = shape;
  const graph = new OnnxGraph();
  const prefix = prefixOf(weights);
  const middle = graph.constant("uint8", [], Uint8Array.of(128));
  const quantized = new Map<Value, Quantized>();

  const stored = (name: string): Value => {
    const { dtype, shape: size, bytes } = weights.get(prefix + name)!;
    return graph.constant(elementTypes[dtype]!, size, bytes);
  };
  // Of 32-bit floats, it does nothing.
  const toFloat32 = (value: Value): Value => graph.node("Cast", [value], { to: 1 });
  const weight = (name: string): Value => toFloat32(stored(name));

  const normalize = (value: Value, name: string): Value =>
    graph.node("LayerNormalization", [value, weight(`${name}.weight`), weight(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: layerNormEpsilon },
    });
  /** Rows of tokens in 8 bits around 128, and their scales. */
  const quantize = (value: Value, size: number): Quantized => {
    const known = quantized.get(value);
    if (known !== undefined) return known;
    const rows = graph.node("Reshape", [value, graph.integers(-1, size)]);
    const most = graph.node("ReduceMax", [graph.node("Abs", [rows]), graph.integers(1)], { keepdims: 1 });
    // Not 0 for a row of zeros.
    const scales = graph.node("Add", [graph.node("Mul", [most, graph.float(1 / 127)]), graph.float(1e-30)]);
    const list = graph.node("Squeeze", [scales, graph.integers(1)]);
    const zeros = graph.node("Expand", [middle, graph.node("Shape", [list])]);
    const made = { rows: graph.node("QuantizeLinear", [rows, list, zeros], { axis: 0 }), scales };
    quantized.set(value, made);
    return made;
  };
  const integerProduct = (value: Value, name: string): Value => {
    const tensor = weights.get(`${prefix}${name}.weight`)!;
    const [outputs, inputs] = tensor.shape as readonly [number, number];
    const { numbers, scales: outputScales } = quantizeWeights(tensor);
    const { rows, scales } = quantize(value, inputs);
    const product = graph.node("MatMulIntegerToFloat", [
      rows,
      graph.constant("int8", [inputs, outputs], new Uint8Array(numbers.buffer)),
      graph.float(1),
      graph.constant("float32", [outputs], new Uint8Array(outputScales.buffer)),
      middle,
    ]);
    const batch = graph.node("Shape", [value], { start: 0, end: 2 });
    const size = graph.node("Concat", [batch, graph.integers(outputs)], { axis: 0 });
    return graph.node("Reshape", [graph.node("Mul", [product, scales]), size]);
  };
  const linear = (value: Value, name: string): Value => {
    if (precision === "int8") {
      return graph.node("Add", [integerProduct(value, name), weight(`${name}.bias`)]);
    }
    const transposed = graph.node("Transpose", [weight(`${name}.weight`)], { perm: [1, 0] });
    return graph.node("Add", [graph.node("MatMul", [value, transposed]), weight(`${name}.bias`)]);
  };
  const first = (table: string, count: Value): Value =>
    graph.node("Slice", [weight(`embeddings.${table}.weight`), graph.integers(0), count, graph.integers(0)]);

  const ids = graph.input(inputName, "int64", ["texts", "tokens"]);
  const length = graph.node("Shape", [ids], { start: 1, end: 2 });
  // The table of words is half of the model, and is not converted as a whole.
  const words = toFloat32(
    graph.node("Gather", [stored("embeddings.word_embeddings.weight"), ids], { axis: 0 }),
  );
  const placed = graph.node("Add", [words, first("position_embeddings", length)]);
  const typed = graph.node("Add", [placed, first("token_type_embeddings", graph.integers(1))]);
  let value = normalize(typed, "embeddings.LayerNorm");
  const parts = { graph, shape, linear, normalize };
  for (let index = 0; index < layers; index++) value = encoderLayer(parts, value, `encoder.layer.${index}`);
  const pooled =
    pooling === "mean"
      ? graph.node("ReduceMean", [value, graph.integers(1)], { keepdims: 0 })
      : graph.node("Squeeze", [
          graph.node("Gather", [value, graph.integers(0)], { axis: 1 }),
          graph.integers(1),
        ]);
  const unit = graph.node("LpNormalization", [pooled], { axis: -1, p: 2 });
  graph.output(unit, outputName, "float32", ["texts", hidden]);
  return graph.build();
}
