/** What computes the vectors: native code of an optional package, or WebAssembly, which runs everywhere. */
export type EngineName = "onnxruntime-node" | "wasm";

/** A model in the memory of one thread. */
export interface Engine {
  readonly name: EngineName;
  /** Yields texts with their vectors, batch by batch and in any order, each by its index. */
  embed(texts: readonly string[]): AsyncIterable<readonly EmbeddedText[]>;
}

export interface EmbeddedText {
  readonly index: number;
  readonly vector: Float32Array;
}
