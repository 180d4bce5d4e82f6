import type { EmbeddingLimits } from "@llx/embeddings";
import type { AiSdkEmbeddingModel } from "./ai-sdk-embedding-model.ts";

/** What nearly every service takes, for models that know no limit. */
const defaultInputs = 96;

/** Where models of the AI SDK that have such a limit tell it. */
const maxBytes = Symbol.for("vercel.ai.embeddingModel.maxInputBytesPerCall");

/**
 * What one request of a model of the AI SDK can take.
 *
 * @throws TypeError for a model that only promises its limit, where none is given
 */
export function limitsOf(
  model: AiSdkEmbeddingModel,
  given: Partial<EmbeddingLimits> | undefined,
): EmbeddingLimits {
  const most = model.maxEmbeddingsPerCall;
  if (typeof most === "object" && given?.inputs === undefined) {
    throw new TypeError(
      `${model.provider} promises its limit: give it, as in limits: { inputs: await model.maxEmbeddingsPerCall }`,
    );
  }
  const inputs = typeof most === "number" && Number.isFinite(most) ? most : defaultInputs;
  const bytes = (model as { [maxBytes]?: unknown })[maxBytes];
  return { inputs, bytes: typeof bytes === "number" ? bytes : undefined, ...given };
}
