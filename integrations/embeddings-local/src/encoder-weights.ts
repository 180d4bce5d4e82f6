import { unreadable } from "./json-file.ts";
import type { EncoderShape } from "./local-model.ts";
import type { TensorEntry } from "./safetensors.ts";

/** Element types that are computed with, by their names in safetensors, and the bytes of a number. */
const numberSizes: Readonly<Record<string, number | undefined>> = { F32: 4, F16: 2, BF16: 2 };

/** What the names of all weights begin with: `bert.` where the file has more than the encoder. */
export function prefixOf(weights: ReadonlyMap<string, unknown>): string {
  return weights.has("bert.embeddings.word_embeddings.weight") ? "bert." : "";
}

/** @throws TypeError if a tensor of the encoder is missing, or is not as `config.json` says; it names both */
export function checkWeights(
  path: string,
  weights: ReadonlyMap<string, TensorEntry>,
  shape: EncoderShape,
): void {
  const prefix = prefixOf(weights);
  for (const [shortName, size] of tensorsOf(shape)) {
    const name = prefix + shortName;
    const tensor = weights.get(name);
    if (tensor === undefined) throw unreadable(path, `it has no weights ${name}`);
    const bytes = Object.hasOwn(numberSizes, tensor.dtype) ? numberSizes[tensor.dtype] : undefined;
    if (bytes === undefined) {
      const known = Object.keys(numberSizes).join(", ");
      throw unreadable(path, `the weights ${name} are ${tensor.dtype}, and only ${known} are supported`);
    }
    if (tensor.shape.join() !== size.join()) {
      throw unreadable(
        path,
        `the weights ${name} have the shape [${tensor.shape.join(", ")}], and config.json says [${size.join(", ")}]`,
      );
    }
    const needed = size.reduce((product, each) => product * each, bytes);
    if (tensor.end - tensor.start !== needed) {
      throw unreadable(path, `the weights ${name} have ${tensor.end - tensor.start} bytes, not ${needed}`);
    }
  }
}

/** The names and shapes of an encoder's tensors. */
function* tensorsOf(shape: EncoderShape): Generator<[name: string, shape: readonly number[]]> {
  const { layers, hidden, intermediate, words, positions, types } = shape;
  yield ["embeddings.word_embeddings.weight", [words, hidden]];
  yield ["embeddings.position_embeddings.weight", [positions, hidden]];
  yield ["embeddings.token_type_embeddings.weight", [types, hidden]];
  yield* vectorsOf("embeddings.LayerNorm", hidden);
  for (let index = 0; index < layers; index++) {
    const layer = `encoder.layer.${index}`;
    for (const part of ["self.query", "self.key", "self.value", "output.dense"]) {
      yield* linearOf(`${layer}.attention.${part}`, hidden, hidden);
    }
    yield* vectorsOf(`${layer}.attention.output.LayerNorm`, hidden);
    yield* linearOf(`${layer}.intermediate.dense`, intermediate, hidden);
    yield* linearOf(`${layer}.output.dense`, hidden, intermediate);
    yield* vectorsOf(`${layer}.output.LayerNorm`, hidden);
  }
}

function* linearOf(name: string, outputs: number, inputs: number): ReturnType<typeof tensorsOf> {
  yield [`${name}.weight`, [outputs, inputs]];
  yield [`${name}.bias`, [outputs]];
}

function* vectorsOf(name: string, length: number): ReturnType<typeof tensorsOf> {
  yield [`${name}.weight`, [length]];
  yield [`${name}.bias`, [length]];
}
