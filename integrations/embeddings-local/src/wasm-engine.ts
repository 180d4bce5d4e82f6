import type { EmbeddedText, Engine } from "./engine.ts";
import type { LocalModel } from "./local-model.ts";

/** The engine of `@lat.md/embed`. It has one text in memory at a time, and knows no pooling but the mean. */
export async function openWasmEngine({ name, files, shape, mostTokens }: LocalModel): Promise<Engine> {
  const { createEmbedder } = await import("@lat.md/embed");
  const embedder = await createEmbedder({
    model: {
      id: name,
      dimensions: shape.hidden,
      maxTokens: mostTokens,
      pooling: "mean",
      normalize: true,
      weightsPath: files.weights,
      tokenizerPath: files.tokenizer,
      configPath: files.config,
    },
  });
  return {
    name: "wasm",
    async *embed(texts): AsyncGenerator<readonly EmbeddedText[]> {
      for (const [index, text] of texts.entries()) {
        // One by one: for many, the library would start threads of its own.
        // oxlint-disable-next-line no-await-in-loop
        const [vector] = await embedder.embed([text]);
        yield [{ index, vector: Float32Array.from(vector!) }];
      }
    },
  };
}
