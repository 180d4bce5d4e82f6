import type { ElementType, EmbeddingModel, InputType } from "@llx/embeddings";
import { checkNames, type NamesOf } from "@llx/support";
import type { AiSdkEmbeddingModel, AiSdkEmbedOptions, AiSdkEmbedResult } from "./ai-sdk-embedding-model.ts";
import { type AiSdkWarning, warnUnused } from "./warn-unused.ts";

/** Options of {@link toAiSdk}. */
export interface ToAiSdkOptions {
  /**
   * What the texts are embedded for. Create a second model with `"query"` for questions.
   *
   * @default "document"
   */
  readonly inputType?: InputType | undefined;
}

const names: NamesOf<ToAiSdkOptions> = { inputType: true };

/** An embedding model of version v4 of the AI SDK. */
export interface AiSdkEmbeddingModelV4 extends AiSdkEmbeddingModel {
  readonly specificationVersion: "v4";
  doEmbed(options: AiSdkEmbedOptions): Promise<AiSdkEmbedResult & { warnings: AiSdkWarning[] }>;
}

/**
 * A model of `@llx/embeddings` for `embed`, `embedMany` and whatever else accepts an embedding model of the Vercel AI
 * SDK. The model batches and retries; its errors are passed on unchanged, and the SDK does not retry.
 *
 * @throws TypeError for other values than a model, and for an unknown option
 */
export function toAiSdk<E extends ElementType = "float">(
  model: EmbeddingModel<E>,
  options: ToAiSdkOptions = {},
): AiSdkEmbeddingModelV4 {
  if (typeof model?.getTextEmbeddingBatch !== "function") {
    throw new TypeError("toAiSdk needs an embedding model of @llx/embeddings");
  }
  checkNames(options, names);
  const { inputType = "document" } = options;
  return {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.model,
    // All texts in one call: the model splits them into requests.
    maxEmbeddingsPerCall: Infinity,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, dimensions, headers, providerOptions }) {
      const batch = await model.getTextEmbeddingBatch(values, { signal: abortSignal, inputType });
      const tokens = batch.usage?.inputTokens ?? batch.usage?.totalTokens;
      const isOther = dimensions !== undefined && dimensions !== model.dimensions;
      return {
        embeddings: batch.embeddings.map((embedding) => Array.from(embedding)),
        ...(tokens !== undefined && { usage: { tokens } }),
        warnings: warnUnused({ headers, providerOptions }, { dimensions: isOther }),
      };
    },
  };
}
