import type { RandomModel } from "./random-model.ts";

/**
 * BERT as the paper and its reference code define it, in 64-bit floats and loops, for tests: it shares nothing with the
 * engines.
 *
 * @param ids with the marks before and after
 * @see https://arxiv.org/abs/1810.04805
 */
export function referenceEmbedding(
  model: RandomModel,
  ids: readonly number[],
  pooling: "mean" | "cls",
): number[] {
  const { layers, hidden, heads } = model;
  const row = (name: string, index: number): number[] =>
    Array.from(model.weights.get(name)!.values.slice(index * hidden, (index + 1) * hidden));
  let states = ids.map((id, place) => {
    const word = row("embeddings.word_embeddings.weight", id);
    const position = row("embeddings.position_embeddings.weight", place);
    const type = row("embeddings.token_type_embeddings.weight", 0);
    return norm(
      model,
      "embeddings.LayerNorm",
      word.map((value, index) => value + position[index]! + type[index]!),
    );
  });
  for (let layer = 0; layer < layers; layer++) {
    const name = `encoder.layer.${layer}`;
    const [queries, keys, values] = ["query", "key", "value"].map((part) =>
      states.map((state) => linear(model, `${name}.attention.self.${part}`, state)),
    ) as [number[][], number[][], number[][]];
    const size = hidden / heads;
    const mixed = queries.map((query) => {
      const result: number[] = Array.from({ length: hidden }, () => 0);
      for (let head = 0; head < heads; head++) {
        const scores = keys.map((key) => {
          let sum = 0;
          for (let at = head * size; at < (head + 1) * size; at++) sum += query[at]! * key[at]!;
          return Math.exp(sum / Math.sqrt(size));
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        for (const [index, score] of scores.entries()) {
          for (let at = head * size; at < (head + 1) * size; at++) {
            result[at] = result[at]! + (score / total) * values[index]![at]!;
          }
        }
      }
      return result;
    });
    states = states.map((state, index) => {
      const attended = linear(model, `${name}.attention.output.dense`, mixed[index]!);
      const middle = norm(model, `${name}.attention.output.LayerNorm`, plus(state, attended));
      const wide = linear(model, `${name}.intermediate.dense`, middle).map(
        (value) => (value * (1 + erf(value / Math.SQRT2))) / 2,
      );
      return norm(
        model,
        `${name}.output.LayerNorm`,
        plus(middle, linear(model, `${name}.output.dense`, wide)),
      );
    });
  }
  const pooled =
    pooling === "cls"
      ? states[0]!
      : states[0]!.map((_, index) => states.reduce((sum, state) => sum + state[index]!, 0) / states.length);
  const length = Math.hypot(...pooled);
  return pooled.map((value) => value / length);
}

const plus = (one: readonly number[], other: readonly number[]): number[] =>
  one.map((value, index) => value + other[index]!);

function linear(model: RandomModel, name: string, input: readonly number[]): number[] {
  const { values } = model.weights.get(`${name}.weight`)!;
  return Array.from(model.weights.get(`${name}.bias`)!.values, (bias, output) => {
    let sum = bias;
    for (const [index, value] of input.entries()) sum += value * values[output * input.length + index]!;
    return sum;
  });
}

function norm(model: RandomModel, name: string, input: readonly number[]): number[] {
  const mean = input.reduce((sum, value) => sum + value, 0) / input.length;
  const variance = input.reduce((sum, value) => sum + (value - mean) ** 2, 0) / input.length;
  const scale = model.weights.get(`${name}.weight`)!.values;
  const bias = model.weights.get(`${name}.bias`)!.values;
  return input.map(
    (value, index) => ((value - mean) / Math.sqrt(variance + model.epsilon)) * scale[index]! + bias[index]!,
  );
}

/** The error function by its power series, which is exact enough below 5. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let sum = 0;
  let term = x;
  for (let n = 0; n < 200; n++) {
    sum += term / (2 * n + 1);
    term *= -(x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
