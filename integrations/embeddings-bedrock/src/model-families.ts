import type { ElementType, EmbeddingLimits, EmbeddingRequest, InputType } from "@llx/embeddings";

/** What the caller wants of each embedding. */
interface Wanted {
  readonly elementType: ElementType;
  readonly dimensions: number | undefined;
  readonly normalize: boolean | undefined;
}

/** Models whose requests have the same form. */
export interface ModelFamily {
  /** Their ids, also with the prefix of an inference profile (`us.`, `global.`) or within an ARN. */
  readonly ids: RegExp;
  readonly limits: EmbeddingLimits;
  /** The numbers of dimensions to choose from, the default first. */
  readonly dimensions: readonly [number, ...number[]];
  readonly elementTypes: readonly ElementType[];
  /** What a text is for, in the words of the service. */
  readonly purposes: Readonly<Partial<Record<InputType, string>>>;
  /** The value that cuts the end of a text; absent where a text that is too long is always refused. */
  readonly truncate?: string | undefined;
  /** Whether a request can say that its embeddings must not be normalised. */
  readonly normalizes?: boolean | undefined;
  /** The body of a request; `truncate` is the value to send. */
  body(request: EmbeddingRequest, wanted: Wanted, truncate: string): object;
}

const cohere = {
  // At most 96 texts in a call.
  inputs: 96,
  elementTypes: ["float", "int8", "uint8", "binary", "ubinary"],
  purposes: {
    document: "search_document",
    query: "search_query",
    classification: "classification",
    clustering: "clustering",
  },
} as const;

const novaPurposes = {
  document: "GENERIC_INDEX",
  // Of an index that holds texts only.
  query: "TEXT_RETRIEVAL",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
} as const;

/** The name of a family of models. */
export type BedrockModelFamily = "titan-v2" | "titan-v1" | "cohere-v3" | "cohere-v4" | "nova";

/** Model ids may also be ARNs that do not name the model: so a family can be given. */
export const modelFamilies: Readonly<Record<BedrockModelFamily, ModelFamily>> = {
  // https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html (limits)
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html (fields)
  "titan-v2": {
    ids: /amazon\.titan-embed-text-v2/,
    limits: { inputs: 1, charactersPerInput: 50_000, tokensPerInput: 8192 },
    dimensions: [1024, 512, 256],
    elementTypes: ["float", "binary", "ubinary"],
    purposes: {},
    normalizes: true,
    body: ({ texts }, { elementType, dimensions, normalize }) => ({
      inputText: texts[0],
      dimensions,
      normalize,
      embeddingTypes: elementType === "float" ? undefined : ["binary"],
    }),
  },
  // The same pages; the limit of characters is stated for V2 only.
  "titan-v1": {
    ids: /amazon\.titan-embed-(?:text-v1|g1-text)/,
    limits: { inputs: 1, tokensPerInput: 8192 },
    dimensions: [1536],
    elementTypes: ["float"],
    purposes: {},
    body: ({ texts }) => ({ inputText: texts[0] }),
  },
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html
  // 512 tokens: https://docs.cohere.com/docs/models#embed
  "cohere-v3": {
    ids: /cohere\.embed-(?:english|multilingual)-v3/,
    limits: { inputs: cohere.inputs, charactersPerInput: 2048, tokensPerInput: 512 },
    dimensions: [1024],
    elementTypes: cohere.elementTypes,
    purposes: cohere.purposes,
    truncate: "END",
    body: ({ texts, inputType }, { elementType }, truncate) => ({
      texts,
      input_type: cohere.purposes[inputType],
      truncate,
      embedding_types: [elementType],
    }),
  },
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
  // It does not say whether 128,000 tokens are for a text or for all of a request: so both.
  "cohere-v4": {
    ids: /cohere\.embed-v4/,
    limits: { inputs: cohere.inputs, tokensPerInput: 128_000, tokens: 128_000 },
    dimensions: [1536, 1024, 512, 256],
    elementTypes: cohere.elementTypes,
    purposes: cohere.purposes,
    truncate: "RIGHT",
    body: ({ texts, inputType }, { elementType, dimensions }, truncate) => ({
      texts,
      input_type: cohere.purposes[inputType],
      truncate,
      embedding_types: [elementType],
      output_dimension: dimensions,
    }),
  },
  // https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
  // 8K tokens: https://docs.aws.amazon.com/nova/latest/userguide/nova-embeddings.html
  nova: {
    ids: /amazon\.nova-.*embed/,
    limits: { inputs: 1, charactersPerInput: 8192, tokensPerInput: 8192 },
    dimensions: [3072, 1024, 384, 256],
    elementTypes: ["float"],
    purposes: novaPurposes,
    truncate: "END",
    body({ texts, inputType }, { dimensions }, truncationMode) {
      const singleEmbeddingParams = {
        embeddingPurpose: novaPurposes[inputType],
        embeddingDimension: dimensions,
        text: { truncationMode, value: texts[0] },
      };
      return { taskType: "SINGLE_EMBEDDING", singleEmbeddingParams };
    },
  },
};

const names = Object.keys(modelFamilies) as BedrockModelFamily[];

/**
 * The family of a model.
 *
 * @param given the option of the caller, which takes precedence
 * @throws TypeError for an unknown family, and for a model that belongs to none
 */
export function familyOf(model: string, given: BedrockModelFamily | undefined): BedrockModelFamily {
  const name = given ?? names.find((each) => modelFamilies[each].ids.test(model));
  if (name !== undefined && Object.hasOwn(modelFamilies, name)) return name;
  const all = names.map((each) => JSON.stringify(each)).join(", ");
  const shown = JSON.stringify(given ?? model).slice(0, 99);
  throw new TypeError(
    given === undefined
      ? `the model ${shown} does not show how its requests look: give the option family, one of ${all}`
      : `family must be one of ${all}, not ${shown}`,
  );
}
