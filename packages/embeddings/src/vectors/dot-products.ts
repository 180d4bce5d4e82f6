import { Buffer } from "node:buffer";

/** `dot-products.wat`, compiled; a test compares the two. */
export const compiled =
  "AGFzbQEAAAABCQFgBX9/f39/AAMCAQAFAwEAAQcYAgZtZW1vcnkCAAtkb3RQcm9kdWN0cwAACqICAZ8CAgF/BHsDQEEAIQX9DAAAAAAAAAAAAAAAAAAAAAAhBv0MAAAAAAAAAAAAAAAAAAAAACEH/QwAAAAAAAAAAAAAAAAAAAAAIQj9DAAAAAAAAAAAAAAAAAAAAAAhCQNAIAYgACAFav0ABAAgAiAFav0ABAD95gH95AEhBiAHIAAgBWr9AAQQIAIgBWr9AAQQ/eYB/eQBIQcgCCAAIAVq/QAEICACIAVq/QAEIP3mAf3kASEIIAkgACAFav0ABDAgAiAFav0ABDD95gH95AEhCSAFQcAAaiIFIAFJDQALIAYgB/3kASAIIAn95AH95AEhBiAEIAb9HwAgBv0fAZIgBv0fAiAG/R8DkpI4AgAgBEEEaiEEIAIgAWoiAiADSQ0ACws=";

/** A memory, and the products of vectors in it. All positions and sizes are in bytes. */
export interface DotProducts {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Writes the product of the vector at `query` with each of those from `vector` to `end`, to `out`. */
  dotProducts(query: number, bytes: number, vector: number, end: number, out: number): void;
}

/** What is used of it: the types of Node.js do not declare it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

let loaded: object | undefined;

/** Compiles the module at its first use. */
export function newDotProducts(): DotProducts {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  loaded ??= new Module(Buffer.from(compiled, "base64"));
  return new Instance(loaded).exports as DotProducts;
}
