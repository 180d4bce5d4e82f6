import type { EmbeddedText, Engine } from "./engine.ts";
import { batchesOfEqualLength } from "./equal-lengths.ts";
import type { LocalModel } from "./local-model.ts";
import type { NativeCalls } from "./native-calls.ts";
import { readTensors } from "./safetensors.ts";
import { inputName, outputName, sentenceGraph } from "./sentence-graph.ts";
import { readWordPieces } from "./word-pieces.ts";

/**
 * Tokens in a batch: with fewer, the time is spent on reading the weights from memory; more gain nothing, and delay a
 * cancellation.
 */
const tokensPerBatch = 512;

/** The engine of `onnxruntime-node`, which computes on one thread: several run side by side. */
export async function openOnnxEngine(model: LocalModel, calls: NativeCalls): Promise<Engine> {
  const { InferenceSession, Tensor } = await calls.during(() => import("onnxruntime-node"));
  const { tokensOf, before, after } = readWordPieces(model.files.tokenizer);
  const dimensions = model.shape.hidden;
  const tokensPerText = model.mostTokens - before.length - after.length;
  const graph = sentenceGraph(readTensors(model.files.weights), model);
  const settings = {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    // Errors only; warnings are about the optimisation of the graph.
    logSeverityLevel: 3,
  } as const;
  const session = await calls.during(() => InferenceSession.create(graph, settings));

  async function run(batch: readonly (readonly number[])[]): Promise<Float32Array> {
    const ids = BigInt64Array.from(batch.flatMap((tokens) => [...before, ...tokens, ...after].map(BigInt)));
    const input = new Tensor("int64", ids, [batch.length, ids.length / batch.length]);
    const { [outputName]: output } = await calls.during(() => session.run({ [inputName]: input }));
    return output!.data as Float32Array;
  }

  return {
    name: "onnxruntime-node",
    async *embed(texts): AsyncGenerator<readonly EmbeddedText[]> {
      const tokens = texts.map((text) => tokensOf(text).slice(0, tokensPerText));
      for (const batch of batchesOfEqualLength(tokens, tokensPerBatch)) {
        // oxlint-disable-next-line no-await-in-loop -- one after another: a thread has one processor
        const vectors = await run(batch.map((index) => tokens[index]!));
        yield batch.map((index, row) => ({
          index,
          vector: vectors.slice(row * dimensions, (row + 1) * dimensions),
        }));
      }
    },
  };
}
