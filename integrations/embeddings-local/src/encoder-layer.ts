import type { EncoderShape } from "./local-model.ts";
import type { OnnxGraph, Value } from "./onnx-graph.ts";

/** What a layer is made of: how a model has its weights is up to the caller. */
export interface LayerParts {
  readonly graph: OnnxGraph;
  readonly shape: Pick<EncoderShape, "heads" | "hidden">;
  readonly linear: (value: Value, name: string) => Value;
  readonly normalize: (value: Value, name: string) => Value;
  /** Added to the scores of attention, such as of tokens that are padding. */
  readonly penalty?: Value | undefined;
}

/** A layer of a BERT encoder: attention, and what follows it. */
export function encoderLayer(parts: LayerParts, value: Value, name: string): Value {
  const { graph, linear, normalize } = parts;
  const attended = normalize(
    graph.node("Add", [attention(parts, value, `${name}.attention`), value]),
    `${name}.attention.output.LayerNorm`,
  );
  const wide = graph.node("Gelu", [linear(attended, `${name}.intermediate.dense`)]);
  return normalize(
    graph.node("Add", [linear(wide, `${name}.output.dense`), attended]),
    `${name}.output.LayerNorm`,
  );
}

function attention({ graph, shape, linear, penalty }: LayerParts, value: Value, name: string): Value {
  const { heads, hidden } = shape;
  const headSize = hidden / heads;
  const split = (part: string, perm: readonly number[]): Value => {
    const rows = linear(value, `${name}.self.${part}`);
    const byHead = graph.node("Reshape", [rows, graph.integers(0, 0, heads, headSize)]);
    return graph.node("Transpose", [byHead], { perm });
  };
  const products = graph.node("MatMul", [split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1])]);
  const scores = graph.node("Mul", [products, graph.float(1 / Math.sqrt(headSize))]);
  const counted = penalty === undefined ? scores : graph.node("Add", [scores, penalty]);
  const shares = graph.node("Softmax", [counted], { axis: -1 });
  const mixed = graph.node("MatMul", [shares, split("value", [0, 2, 1, 3])]);
  const together = graph.node("Transpose", [mixed], { perm: [0, 2, 1, 3] });
  return linear(graph.node("Reshape", [together, graph.integers(0, 0, hidden)]), `${name}.output.dense`);
}
