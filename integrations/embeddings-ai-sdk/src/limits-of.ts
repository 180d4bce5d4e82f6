import type { EmbeddingLimits } from "@llx/embeddings";
import type { AiSdkEmbeddingModel } from "./ai-sdk-embedding-model.ts";

/** For models without a limit; nearly every service accepts as many. */
const defaultInputs = 96;

/** Where AI SDK models state their limit of bytes. */
const maxBytes = Symbol.for("vercel.ai.embeddingModel.maxInputBytesPerCall");

/**
 * The limits of one request of an AI SDK model, before those that are given take the place of some.
 *
 * @throws TypeError where the limit of the model is a promise, and none is given
 */
export function limitsOf(
  model: AiSdkEmbeddingModel,
  given: Partial<EmbeddingLimits> | undefined,
): EmbeddingLimits {
  const most = model.maxEmbeddingsPerCall;
  if (typeof most === "object" && given?.inputs === undefined) {
    throw new TypeError(
      `the limit of ${model.provider} is a promise: await it, as in limits: { inputs: await model.maxEmbeddingsPerCall }`,
    );
  }
  const inputs = typeof most === "number" && Number.isFinite(most) ? most : defaultInputs;
  const bytes = (model as { [maxBytes]?: unknown })[maxBytes];
  return { inputs, bytes: typeof bytes === "number" ? bytes : undefined };
}
