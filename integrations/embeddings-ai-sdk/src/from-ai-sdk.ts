import {
  createEmbeddingModel,
  type EmbeddingLimits,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
} from "@llx/embeddings";
import type { AiSdkEmbeddingModel, AiSdkProviderOptions } from "./ai-sdk-embedding-model.ts";
import { AiSdkError } from "./ai-sdk-error.ts";
import { limitsOf } from "./limits-of.ts";
import { optionsByType } from "./options-by-type.ts";
import { readResult } from "./read-result.ts";
import { warnOfUntoldQueries } from "./untold-queries.ts";

export interface FromAiSdkOptions extends EmbeddingModelOptions {
  /** What one request can take, beside or in place of what the model says. */
  readonly limits?: Partial<EmbeddingLimits> | undefined;
  /** Numbers in an embedding: asked for, where the model can be asked, and each answer is checked against it. */
  readonly dimensions?: number | undefined;
  /**
   * Options of the provider; a function where they depend on what texts are embedded for. To providers whose option for
   * that is known, such as Cohere's `inputType`, it is sent anyway, unless it stands here.
   */
  readonly providerOptions?:
    | AiSdkProviderOptions
    | ((inputType: InputType) => AiSdkProviderOptions)
    | undefined;
  /** More headers for each request: an object, `Headers`, a `Map`, or pairs. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined;
  /** Tells apart, in a cache, two models of the same provider and name, such as those of two addresses. */
  readonly variant?: string | undefined;
}

/**
 * An embedding model of the Vercel AI SDK as one of `@llx/embeddings`. Its requests fail with an `AiSdkError`.
 *
 * @throws TypeError or RangeError for what is no such model, and for options that cannot be
 */
export function fromAiSdk(model: AiSdkEmbeddingModel, options: FromAiSdkOptions = {}): EmbeddingModel {
  checkModel(model);
  const { dimensions, providerOptions, variant } = options;
  const headers = options.headers && readHeaders(options.headers);
  const { provider, modelId } = model;
  const { byType, inputTypes, isUntold } = optionsByType(model, providerOptions);
  return createEmbeddingModel(
    {
      provider,
      model: modelId,
      variant: JSON.stringify([variant, ...byType.values()]),
      dimensions,
      limits: limitsOf(model, options.limits),
      capabilities: { inputTypes },
      options: [
        "limits",
        "dimensions",
        "providerOptions",
        "headers",
        "variant",
      ] satisfies (keyof FromAiSdkOptions)[],
      async embed({ texts, inputType }, { signal }) {
        if (isUntold && inputType === "query") warnOfUntoldQueries(provider, modelId);
        const sent = byType.get(inputType);
        try {
          const result = await model.doEmbed({
            values: [...texts],
            abortSignal: signal,
            ...(dimensions !== undefined && { dimensions }),
            ...(sent && { providerOptions: sent }),
            ...(headers && { headers }),
          });
          return readResult(result);
        } catch (error) {
          // The SDK may have put it into an error of its own.
          if (signal.aborted) throw signal.reason;
          throw AiSdkError.of(error, { provider, texts, headers });
        }
      },
    },
    // A promise of it is not waited for.
    model.supportsParallelCalls === true ? options : { ...options, workers: options.workers ?? 1 },
  );
}

/** The SDK takes nothing but an object. */
function readHeaders(headers: NonNullable<FromAiSdkOptions["headers"]>): Record<string, string> {
  return Symbol.iterator in headers ? Object.fromEntries(headers) : { ...headers };
}

function checkModel(model: AiSdkEmbeddingModel): void {
  const { specificationVersion, doEmbed } = (model ?? {}) as Partial<AiSdkEmbeddingModel>;
  if (typeof doEmbed === "function" && /^v[234]$/.test(specificationVersion ?? "")) return;
  const given =
    typeof doEmbed === "function"
      ? `version ${String(specificationVersion)}`
      : typeof model === "object"
        ? "an object without doEmbed"
        : typeof model;
  throw new TypeError(
    `model must be an embedding model of the AI SDK (version v4, v3 or v2), as in openai.embeddingModel("…"), ` +
      `not ${given}`,
  );
}
