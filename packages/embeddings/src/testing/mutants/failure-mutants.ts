import type { Mutant } from "./mutant.ts";
import type { Changes } from "./plain-embedding.ts";
import { type Batch, type BatchOptions, type Methods, wrap } from "./wrapped-model.ts";

function model(change: (inner: Methods) => Partial<Methods> & object): Changes {
  return { model: (inner) => wrap(inner, change) };
}

/** Changes what a batch gives. */
function batch(change: (batch: Batch, texts: readonly string[]) => Batch): Changes {
  return model((inner) => ({
    getTextEmbeddingBatch: async (given, options) =>
      change(await inner.getTextEmbeddingBatch(given, options), given),
  }));
}

/** Changes the texts of a batch before they are checked. */
function texts(change: (text: string) => string): Changes {
  return model((inner) => ({
    getTextEmbeddingBatch: (given, options) => inner.getTextEmbeddingBatch(given.map(change), options),
    getTextEmbedding: (text, options) => inner.getTextEmbedding(change(text), options),
    getQueryEmbedding: (text, options) => inner.getQueryEmbedding(change(text), options),
  }));
}

/** One text after another, or several at once, each by a call of its own. */
async function oneByOne(
  inner: Methods,
  given: readonly string[],
  atOnce: number,
  options?: BatchOptions,
): Promise<Batch> {
  const embeddings: Batch["embeddings"] = [];
  for (let at = 0; at < given.length; at += atOnce) {
    const wave = given.slice(at, at + atOnce);
    // oxlint-disable-next-line no-await-in-loop
    embeddings.push(...(await Promise.all(wave.map((text) => inner.getTextEmbedding(text, options)))));
  }
  return { embeddings, usage: undefined, model: undefined, requestIds: [] };
}

function groups(given: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(given.length / size) }, (_, at) =>
    given.slice(at * size, (at + 1) * size),
  );
}

const wrongIndex = "refuses an empty text, and names its index";
const order = "keeps the order of the texts, whichever request is answered first";
const settled = "settle: true goes on after a failure, and a second call embeds the rest";
const partial = "a failed batch keeps what was embedded, and tells what was not";

/** Defects of what a call does when it fails or is stopped. */
export const failureMutants: readonly Mutant[] = [
  {
    name: "has zeros for what has failed",
    changes: model((inner) => ({
      getTextEmbedding: (text, options) =>
        inner.getTextEmbedding(text, options).catch(() => new Float32Array(16)),
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch(() => ({
          embeddings: given.map(() => new Float32Array(16)),
          usage: undefined,
          model: undefined,
          requestIds: [],
        })),
    })),
    caughtBy: [
      "does not try again after status 400",
      "takes no vectors from an answer with a vector too few",
      wrongIndex,
      partial,
    ],
  },
  {
    name: "settles with indexes that are one too high",
    changes: batch(({ failed, ...rest }) => ({
      ...rest,
      ...(failed && { failed: failed.map(({ index, error }) => ({ index: index + 1, error })) }),
    })),
    caughtBy: [settled, "settle: true embeds the others where a text cannot be sent"],
  },
  {
    name: "settles without the equal texts",
    changes: batch(({ failed, ...rest }, given) => ({
      ...rest,
      ...(failed && { failed: failed.filter(({ index }) => given.indexOf(given[index]!) === index) }),
    })),
    caughtBy: [settled],
  },
  {
    name: "fails although it is to settle",
    changes: model((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, { ...options, settle: false }),
    })),
    caughtBy: [settled, "settle: true embeds the others where a text cannot be sent"],
  },
  {
    name: "loses what was embedded before a failure",
    changes: model((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          throw error instanceof Error && error.cause !== undefined ? error.cause : error;
        }),
    })),
    caughtBy: [partial],
  },
  {
    name: "lets the other requests of a failed call run on",
    changes: model((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        Promise.all(groups(given, 4).map((group) => inner.getTextEmbeddingBatch(group, options))).then(
          ([first]) => first!,
        ),
    })),
    caughtBy: ["the first failure aborts the other requests of the call"],
    hangs: true,
  },
  {
    name: "sends again what has failed, when nobody waits any more",
    changes: model((inner) => ({
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
    name: "throws an error of its own where a call is aborted",
    changes: model((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          throw options?.signal?.aborted ? new Error("aborted") : error;
        }),
    })),
    caughtBy: [
      "an abort ends the call with its reason, and the request with it",
      "a signal that is aborted already sends nothing",
    ],
  },
  {
    name: "does not look at a signal",
    changes: model((inner) => ({
      getTextEmbedding: (text, options) => inner.getTextEmbedding(text, { ...options, signal: undefined }),
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, { ...options, signal: undefined }),
      streamTextEmbeddings: (given, options) =>
        inner.streamTextEmbeddings(given, { ...options, signal: undefined }),
    })),
    caughtBy: [
      "a signal that is aborted already sends nothing",
      "an abort ends the call with its reason, and the request with it",
      "an abort ends a stream with its reason",
    ],
    hangs: true,
  },
  {
    name: "knows no callTimeout",
    changes: model((inner) => ({
      getTextEmbedding: (text, options) =>
        inner.getTextEmbedding(text, { ...options, callTimeout: undefined }),
    })),
    caughtBy: ["callTimeout ends the whole call, whatever its attempts would still do"],
    hangs: true,
  },
  {
    name: "keeps vectors by the text alone",
    changes: model((inner) => {
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
      "sends a query otherwise than a document, and each in one way",
      "sends each input type that it declares as that",
    ],
  },
];
