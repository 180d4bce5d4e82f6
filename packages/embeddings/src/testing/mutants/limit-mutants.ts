import { type EmbeddingLimits, limitNames as allLimitNames } from "../../contract/embedding-limits.ts";
import { isReply } from "../fake-service.ts";
import type { Mutant } from "./mutant.ts";
import type { Changes } from "./plain-embedding.ts";
import { groups, methods, wrap } from "./wrapped-model.ts";

const limitNames = Object.keys(allLimitNames) as (keyof EmbeddingLimits)[];

function limits(change: (limits: EmbeddingLimits) => EmbeddingLimits): Changes {
  return { provider: (provider) => ({ ...provider, limits: change(provider.limits) }) };
}

function twoElementTypes(change: NonNullable<Changes["provider"]>): Changes {
  return {
    provider: (provider) =>
      change({
        ...provider,
        capabilities: { ...provider.capabilities, elementTypes: ["float", "int8"] },
      }),
  };
}

const everySize = "requests each declared number of dimensions, and the most of a range";
const twoSizes: Changes = {
  provider: ({ options = [], capabilities, ...provider }) => ({
    ...provider,
    capabilities: { ...capabilities, dimensions: [16, 8] },
    options: [...options, "dimensions"],
  }),
};

/** Limits and element types that are declared wrong, and fakes that do not enforce limits. */
export const limitMutants: readonly Mutant[] = [
  ...limitNames.flatMap((name): Mutant[] => [
    {
      name: `declares more than the service accepts as limits.${name}`,
      changes: limits((right) => ({ ...right, [name]: right[name]! + 1 })),
      caughtBy: [`the service accepts a request filled to limits.${name}`],
    },
    {
      name: `declares less than the service accepts as limits.${name}`,
      changes: limits((right) => ({ ...right, [name]: right[name]! - 1 })),
      caughtBy: [`the service refuses a request of one above limits.${name}`],
    },
  ]),
  {
    name: "declares dimensions that it does not request",
    changes: {
      ...twoSizes,
      model: (inner, { dimensions = 16 }) => wrap(inner, () => ({ dimensions })),
    },
    caughtBy: [everySize],
  },
  {
    name: "requests dimensions from a model without a choice",
    changes: {
      options: ({ dimensions, ...options }) => ({
        ...options,
        baseUrl: dimensions === undefined ? options.baseUrl : `${options.baseUrl}/size/${dimensions}`,
      }),
      provider: (provider) => ({
        ...provider,
        capabilities: { ...provider.capabilities, dimensions: [16] },
      }),
    },
    service: (service) => ({
      ...service,
      read: (request) => service.read({ ...request, path: request.path.replace("/size/16", "") }),
    }),
    caughtBy: ["requests no dimensions from a model without a choice"],
  },
  {
    name: "ignores the dimensions that it is asked for",
    changes: twoSizes,
    caughtBy: [everySize],
  },
  {
    name: "sends a request that is filled to a limit in two",
    changes: methods((inner) => ({
      async getTextEmbeddingBatch(texts, options) {
        const halves = groups(texts, Math.ceil(texts.length / 2));
        const batches = await Promise.all(halves.map((half) => inner.getTextEmbeddingBatch(half, options)));
        return { ...batches[0]!, embeddings: batches.flatMap(({ embeddings }) => embeddings) };
      },
    })),
    caughtBy: ["the service accepts a request filled to limits.inputs"],
  },
  {
    name: "ignores the option limits",
    changes: { options: (options) => ({ ...options, limits: undefined }) },
    caughtBy: limitNames.map((name) => `the service refuses a request of one above limits.${name}`),
  },
  {
    name: "declares an element type that it cannot have",
    changes: twoElementTypes((provider) => provider),
    caughtBy: ["is tested with each declared element type"],
  },
  {
    name: "ignores the element type that it is asked for",
    changes: twoElementTypes(({ options = [], ...provider }) => ({
      ...provider,
      options: [...options, "elementType"],
    })),
    caughtBy: ["is tested with each declared element type"],
  },
  {
    name: "has a fake that enforces no limit",
    service: (service) => ({
      ...service,
      read(request) {
        const read = service.read(request);
        if (!isReply(read) || read.status !== 413) return read;
        const { input } = request.body as { input: readonly string[] };
        return { texts: input, dimensions: 16, elementType: "float", encoding: "json" };
      },
    }),
    caughtBy: limitNames.map((name) => `the service refuses a request of one above limits.${name}`),
  },
  {
    name: "has a fake that counts tokens otherwise than it says",
    service: ({ countTokens, ...service }) => ({ ...service, countTokens: (text) => countTokens!(text) - 1 }),
    caughtBy: [
      "the service accepts a request filled to limits.tokensPerInput",
      "the service accepts a request filled to limits.tokens",
    ],
  },
  {
    name: "does not declare a limit that its fake enforces",
    changes: limits(({ tokens: _tokens, ...others }) => others),
    caughtBy: ["the model declares each limit that the fake states"],
  },
  {
    name: "has a fake that does not say how it counts tokens",
    service: (service) => ({ ...service, countTokens: undefined }),
    caughtBy: [
      "the service accepts a request filled to limits.tokensPerInput",
      "the service accepts a request filled to limits.tokens",
    ],
  },
];
