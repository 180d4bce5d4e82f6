import type { Mutant } from "./mutant.ts";
import { batches, groups, methods } from "./wrapped-model.ts";

const wrongIndex = "refuses an empty text, and names its index";
const thousand = "gives each of 1000 texts its own vector or its failure, whatever the service does";
const settled = "settle: true continues after a failure, and a second call embeds the rest";
const partial = "a failed batch keeps its embeddings, and lists the failed texts";

/** Defects of calls that fail or are stopped. */
export const failureMutants: readonly Mutant[] = [
  {
    name: "has a fake that refuses with another status than it is given",
    service: (service) => ({
      ...service,
      refuse: (status, ...others) => service.refuse(status === 400 ? 413 : status, ...others),
    }),
    caughtBy: ["the fake refuses with the status that it is given"],
  },
  {
    name: "returns zeros for failed texts",
    changes: methods((inner) => ({
      getTextEmbedding: (text, options) =>
        inner.getTextEmbedding(text, options).catch(() => new Float32Array(16)),
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch(() => ({
          embeddings: given.map(() => new Float32Array(16)),
          usage: undefined,
          model: undefined,
          requestIds: [],
          truncated: [],
        })),
    })),
    caughtBy: [
      "does not retry after status 400",
      "rejects a response with one vector too few",
      wrongIndex,
      partial,
    ],
  },
  {
    name: "loses a failed text",
    changes: batches(({ failed, ...rest }) => ({ ...rest, ...(failed && { failed: failed.slice(1) }) })),
    caughtBy: [thousand, settled],
  },
  {
    name: "reports a failed text twice",
    changes: batches(({ failed, ...rest }) => ({
      ...rest,
      ...(failed && { failed: [...failed, ...failed.slice(0, 1)] }),
    })),
    caughtBy: [thousand],
  },
  {
    name: "gives the vector of another text after a fault",
    changes: {
      response: (response, _key, attempt) =>
        attempt === 1
          ? response
          : {
              ...response,
              embeddings: response.embeddings?.map(({ index, embedding }, at, all) => ({
                index: all[all.length - 1 - at]?.index ?? index,
                embedding,
              })),
            },
    },
    caughtBy: [thousand],
  },
  {
    name: "settles with indexes that are one too high",
    changes: batches(({ failed, ...rest }) => ({
      ...rest,
      ...(failed && { failed: failed.map(({ index, error }) => ({ index: index + 1, error })) }),
    })),
    caughtBy: [settled, "settle: true embeds the other texts if one cannot be sent"],
  },
  {
    name: "settles without the equal texts",
    changes: batches(({ failed, ...rest }, given) => ({
      ...rest,
      ...(failed && { failed: failed.filter(({ index }) => given.indexOf(given[index]!) === index) }),
    })),
    caughtBy: [settled],
  },
  {
    name: "fails despite settle: true",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, { ...options, settle: false }),
    })),
    caughtBy: [settled, "settle: true embeds the other texts if one cannot be sent"],
  },
  {
    name: "loses what was embedded before a failure",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          throw error instanceof Error && error.cause !== undefined ? error.cause : error;
        }),
    })),
    caughtBy: [partial],
  },
  {
    name: "does not abort the other requests of a failed call",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        Promise.all(groups(given, 4).map((group) => inner.getTextEmbeddingBatch(group, options))).then(
          ([first]) => first!,
        ),
    })),
    caughtBy: ["the first failure aborts the other requests of the call"],
    hangs: true,
  },
  {
    name: "resends failed requests after the call has ended",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          inner.getTextEmbeddingBatch(given).catch(() => {});
          throw error;
        }),
    })),
    caughtBy: [
      "an abort ends the call with its reason, and the request with it",
      "the first failure aborts the other requests of the call",
      "nothing is sent after a call has failed",
    ],
  },
  {
    name: "throws its own error when a call is aborted",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          throw options?.signal?.aborted ? new Error("aborted") : error;
        }),
    })),
    caughtBy: [
      "an abort ends the call with its reason, and the request with it",
      "a call with an aborted signal sends nothing",
    ],
  },
  {
    name: "ignores the signal of a call",
    changes: methods((inner) => ({
      getTextEmbedding: (text, options) => inner.getTextEmbedding(text, { ...options, signal: undefined }),
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, { ...options, signal: undefined }),
      streamTextEmbeddings: (given, options) =>
        inner.streamTextEmbeddings(given, { ...options, signal: undefined }),
    })),
    caughtBy: [
      "a call with an aborted signal sends nothing",
      "an abort ends the call with its reason, and the request with it",
      "an abort ends a stream with its reason",
    ],
    hangs: true,
  },
  {
    name: "ignores totalTimeout",
    changes: methods((inner) => ({
      getTextEmbedding: (text, options) =>
        inner.getTextEmbedding(text, { ...options, totalTimeout: undefined }),
    })),
    caughtBy: ["totalTimeout ends the whole call, even with attempts left"],
    hangs: true,
  },
  {
    name: "caches vectors by the text alone",
    changes: methods((inner) => {
      const kept = new Map<string, Promise<Float32Array>>();
      const keep = (text: string, make: () => Promise<unknown>) => {
        const vector = kept.get(text) ?? (make() as Promise<Float32Array>);
        kept.set(text, vector);
        return vector;
      };
      return {
        getTextEmbedding: (text, options) => keep(text, () => inner.getTextEmbedding(text, options)),
        getQueryEmbedding: (text, options) => keep(text, () => inner.getQueryEmbedding(text, options)),
      };
    }),
    caughtBy: [
      "sends queries differently from documents, and each in one form",
      "sends each declared input type as such",
    ],
  },
];
