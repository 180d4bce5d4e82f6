import {
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
} from "@llx/embeddings";
import { describeKind } from "@llx/support";
import type { AiSdkEmbeddingModel, AiSdkProviderOptions } from "./ai-sdk-embedding-model.ts";
import { AiSdkError } from "./ai-sdk-error.ts";
import { limitsOf } from "./limits-of.ts";
import { optionsByType } from "./options-by-type.ts";
import { readResult } from "./read-result.ts";
import { warnUnknownInputType } from "./warn-unknown-input-type.ts";

export interface FromAiSdkOptions extends EmbeddingModelOptions {
  /** The numbers in an embedding: requested where the model supports that, and each response is checked against it. */
  readonly dimensions?: number | undefined;
  /**
   * Options of the provider; a function where they depend on the input type. Where the provider's option for that is
   * known, such as Cohere's `inputType`, it is sent too, unless it is given here.
   */
  readonly providerOptions?:
    | AiSdkProviderOptions
    | ((inputType: InputType) => AiSdkProviderOptions)
    | undefined;
  /** More headers for each request: an object, a `Headers` object, a `Map`, or pairs. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined;
  /** Distinguishes, in a cache, two models of the same provider and name, such as those of two addresses. */
  readonly variant?: string | undefined;
}

/**
 * An embedding model of the Vercel AI SDK as one of `@llx/embeddings`. Its requests fail with an `AiSdkError`.
 *
 * @throws TypeError or RangeError for other values than such a model, and for invalid options
 */
export function fromAiSdk(model: AiSdkEmbeddingModel, options: FromAiSdkOptions = {}): EmbeddingModel {
  checkModel(model);
  const { dimensions, providerOptions, variant } = options;
  const headers = options.headers && readHeaders(options.headers);
  const { provider, modelId } = model;
  const { byType, inputTypes, isUnknown } = optionsByType(model, providerOptions);
  return createEmbeddingModel(
    {
      provider,
      model: modelId,
      variant: JSON.stringify([variant, ...byType.values()]),
      dimensions,
      limits: limitsOf(model, options.limits),
      capabilities: { inputTypes },
      options: ["dimensions", "providerOptions", "headers", "variant"] satisfies (keyof FromAiSdkOptions)[],
      async embed({ texts, inputType }, { signal }) {
        if (isUnknown && inputType === "query") warnUnknownInputType(provider, modelId);
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
          // The SDK may have wrapped it in its own error.
          if (signal.aborted) throw signal.reason;
          throw AiSdkError.of(error, { provider, texts, headers });
        }
      },
    },
    // A promise of it is not awaited.
    model.supportsParallelCalls === true ? options : { ...options, workers: options.workers ?? 1 },
  );
}

/** The SDK accepts only an object. */
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
        : describeKind(model);
  throw new TypeError(
    `model must be an embedding model of the AI SDK (version v4, v3 or v2), as in openai.embeddingModel("…"), ` +
      `not ${given}`,
  );
}
