import type { EmbeddingRequest } from "../../contract/embedding-provider.ts";
import type { Mutant } from "./mutant.ts";
import type { Changes } from "./plain-embedding.ts";
import {
  type Batch,
  type BatchOptions,
  batches,
  groups,
  type Methods,
  methods,
  wrap,
} from "./wrapped-model.ts";

/** Changes the texts of a batch before they are checked. */
function texts(change: (text: string) => string): Changes {
  return methods((inner) => ({
    getTextEmbeddingBatch: (given, options) => inner.getTextEmbeddingBatch(given.map(change), options),
    getTextEmbedding: (text, options) => inner.getTextEmbedding(change(text), options),
    getQueryEmbedding: (text, options) => inner.getQueryEmbedding(change(text), options),
  }));
}

/** Embeds each text by its own call, one after another or several at once. */
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
  return { embeddings, usage: undefined, model: undefined, requestIds: [], truncated: [] };
}

const asGiven = "sends texts as they are given: spaces, line breaks and characters";
const wrongIndex = "refuses an empty text, and names its index";
const order = "keeps the order of the texts, whichever response comes first";

/** Defects in checking texts and splitting them into requests. */
export const batchMutants: readonly Mutant[] = [
  ...Object.entries<(text: string) => string>({
    "trims texts": (text) => text.trim(),
    "replaces line breaks": (text) => text.replaceAll("\n", " "),
    "normalizes the characters of texts": (text) => text.normalize("NFC"),
  }).map(([name, tidy]) => ({
    name,
    changes: { request: (asked: EmbeddingRequest) => ({ ...asked, texts: asked.texts.map(tidy) }) },
    caughtBy: [asGiven],
  })),
  {
    name: "trims queries only",
    changes: {
      request: (asked) =>
        asked.inputType === "query" ? { ...asked, texts: asked.texts.map((text) => text.trim()) } : asked,
    },
    caughtBy: [asGiven],
  },
  {
    name: "loses the last text",
    changes: batches(({ embeddings, ...rest }) => ({ ...rest, embeddings: embeddings.slice(0, -1) })),
    caughtBy: [order, "embeds a text alone as it does among others"],
  },
  {
    name: "returns the vectors of a batch in reverse order",
    changes: batches(({ embeddings, ...rest }) => ({ ...rest, embeddings: embeddings.toReversed() })),
    caughtBy: [order, "embeds a text alone as it does among others"],
  },
  {
    name: "shares one vector among equal texts",
    changes: batches(({ embeddings, ...rest }, given) => ({
      ...rest,
      embeddings: given.map((text) => embeddings[given.indexOf(text)]!),
    })),
    caughtBy: ["returns a separate vector for each text, even for equal texts"],
  },
  {
    name: "returns plain arrays",
    changes: methods((inner) => ({
      getTextEmbedding: async (...given) => Array.from(await inner.getTextEmbedding(...given)) as never,
    })),
    caughtBy: ["returns vectors of the declared element type and dimensions"],
  },
  {
    name: "declares the wrong dimensions",
    changes: methods(() => ({ dimensions: 17 })),
    caughtBy: ["returns vectors of the declared element type and dimensions"],
  },
  {
    name: "sends one text more than the limit",
    changes: {
      provider: (provider) => ({ ...provider, limits: { ...provider.limits, inputs: 5 } }),
      model: (inner) => wrap(inner, ({ limits }) => ({ limits: { ...limits, inputs: 4 } })),
    },
    caughtBy: ["fills requests up to the limit of texts"],
  },
  {
    name: "sends one text less than the limit",
    changes: {
      provider: (provider) => ({ ...provider, limits: { ...provider.limits, inputs: 3 } }),
      model: (inner) => wrap(inner, ({ limits }) => ({ limits: { ...limits, inputs: 4 } })),
    },
    caughtBy: ["fills requests up to the limit of texts"],
  },
  {
    name: "ignores the total limits of a request",
    changes: {
      provider: ({ limits, ...provider }) => ({
        ...provider,
        limits: { inputs: limits.inputs, charactersPerInput: limits.charactersPerInput },
      }),
      model: (inner) =>
        wrap(inner, () => ({ limits: { inputs: 4, charactersPerInput: 200, characters: 520, tokens: 90 } })),
    },
    caughtBy: [
      "keeps the total limits of a request",
      "keeps the token limit of a request, as counted by countTokens",
    ],
  },
  {
    name: "sends one text per request",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) => oneByOne(inner, given, 4, options),
    })),
    caughtBy: ["fills requests up to the limit of texts", "sends equal texts once"],
  },
  {
    name: "sends in waves",
    changes: methods((inner) => ({
      async getTextEmbeddingBatch(given, options) {
        const embeddings: Batch["embeddings"] = [];
        for (const wave of groups(given, 4 * (options?.workers ?? 4))) {
          // oxlint-disable-next-line no-await-in-loop
          embeddings.push(...(await inner.getTextEmbeddingBatch(wave, options)).embeddings);
        }
        return { embeddings, usage: undefined, model: undefined, requestIds: [], truncated: [] };
      },
    })),
    caughtBy: ["one slow request does not delay the others"],
    hangs: true,
  },
  {
    name: "ignores the workers limit",
    changes: {
      options: (options) => ({ ...options, workers: 64 }),
      model: (inner) =>
        wrap(inner, (whole) => ({
          getTextEmbeddingBatch: (given, options) =>
            whole.getTextEmbeddingBatch(given, { ...options, workers: undefined }),
        })),
    },
    caughtBy: ["shares the workers of a model among concurrent calls", "keeps the workers limit of one call"],
  },
  {
    name: "has separate workers for each call",
    changes: methods((inner) => ({
      async getTextEmbedding(text, options) {
        return (await inner.getTextEmbeddingBatch([text], { ...options, workers: 2 })).embeddings[0]!;
      },
    })),
    caughtBy: ["shares the workers of a model among concurrent calls"],
  },
  {
    name: "sends one request at a time",
    changes: {
      options: (options) => ({ ...options, workers: 1 }),
      model: (inner) =>
        wrap(inner, (whole) => ({
          getTextEmbeddingBatch: (given, options) =>
            whole.getTextEmbeddingBatch(given, { ...options, workers: 1 }),
        })),
    },
    caughtBy: ["shares the workers of a model among concurrent calls", "keeps the workers limit of one call"],
    hangs: true,
  },
  {
    name: "embeds a full stop instead of a blank text",
    changes: texts((text) => (text.trim() === "" ? "." : text)),
    caughtBy: [wrongIndex, "refuses a text of white space, and names its index"],
  },
  {
    name: "repairs half a surrogate pair",
    changes: texts((text) => text.toWellFormed()),
    caughtBy: ["refuses a text with one half of a surrogate pair, and names its index"],
  },
  {
    name: "cuts texts that are too long",
    changes: texts((text) => text.slice(0, 200)),
    caughtBy: [
      "refuses a text over limits.charactersPerInput, and names its index; accepts one that just fits",
    ],
  },
  {
    name: "converts other values to texts",
    changes: texts((text: unknown) => String(text)),
    caughtBy: ["refuses a value that is not a string, and names its index"],
  },
  {
    name: "counts the index from 1",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          if (error instanceof RangeError) {
            throw new RangeError(error.message.replace(/\d+/, (index) => String(Number(index) + 1)));
          }
          throw error;
        }),
    })),
    caughtBy: [wrongIndex],
  },
  {
    name: "shows the text that cannot be sent",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch((error: unknown) => {
          if (error instanceof RangeError) error.message += `: ${given.find((text) => !text.isWellFormed())}`;
          throw error;
        }),
    })),
    caughtBy: ["an error of a text that cannot be sent shows no text"],
  },
];
