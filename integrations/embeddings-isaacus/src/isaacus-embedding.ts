import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  parseEmbeddings,
} from "@llx/embeddings";
import { connect, type IsaacusConnection, provider } from "./connect.ts";
import { readResponse } from "./read-response.ts";

/** The numbers of dimensions to choose from, with the default of the model first. */
const dimensionsToChoose: Readonly<Record<string, readonly [number, ...number[]] | undefined>> = {
  "kanon-2-embedder": [1792, 1024, 768, 512, 256],
};
const tasks = ["retrieval/document", "retrieval/query"] as const;

/** What a text is for, in the words of the service. */
export type IsaacusTask = (typeof tasks)[number];

/** The options of all providers, and those of Isaacus. */
export interface IsaacusEmbeddingOptions extends EmbeddingModelOptions, IsaacusConnection {
  /** Default `kanon-2-embedder`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding: of `kanon-2-embedder` 1792, 1024, 768, 512 or 256.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * The task that is sent with texts; `null` for none. Queries are always sent with `retrieval/query`.
   *
   * @default "retrieval/document"
   */
  readonly textTask?: IsaacusTask | null | undefined;
}

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "textTask",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof IsaacusEmbeddingOptions)[];

/**
 * Embeddings of legal texts by Isaacus.
 *
 * @throws TypeError or RangeError for a missing key, an invalid address, and other invalid options
 * @see https://docs.isaacus.com/api-reference
 */
export function isaacusEmbedding(options: IsaacusEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, ownOptions);
  const { http, url, headers } = connect(options, "/embeddings");
  const { model = "kanon-2-embedder", dimensions, textTask = "retrieval/document" } = options;
  const toChoose = Object.hasOwn(dimensionsToChoose, model) ? dimensionsToChoose[model] : undefined;
  checkTask(textTask);
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: JSON.stringify([url, textTask]),
      dimensions: dimensions ?? toChoose?.[0],
      limits: { inputs: 128, tokensPerInput: 16_384 },
      capabilities: {
        dimensions: toChoose ?? [],
        inputTypes: ["document", "query"],
        truncation: true,
      },
      options: ownOptions,
      async embed({ texts, inputType, truncate }, attempt) {
        const body = {
          model,
          texts,
          task: inputType === "query" ? "retrieval/query" : (textTask ?? undefined),
          // Without this field, a text that is too long is cut silently.
          overflow_strategy: truncate ? "drop_end" : null,
          dimensions,
        };
        return readResponse(await http.postJson(url, body, { ...attempt, headers, parse: parseEmbeddings }));
      },
      aclose: () => http.aclose(),
    },
    options,
  );
}

function checkTask(textTask: string | null): void {
  if (textTask !== null && !tasks.some((each) => each === textTask)) {
    throw new TypeError(
      `textTask must be ${tasks.map((task) => JSON.stringify(task)).join(", ")} or null, ` +
        `not ${JSON.stringify(textTask)}`,
    );
  }
}
