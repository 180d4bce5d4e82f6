import type { CallbackManager } from "@llx/callbacks";
import type { Mutant } from "./mutant.ts";
import type { Changes } from "./plain-embedding.ts";
import { plainPost } from "./plain-post.ts";
import { proxyMutants } from "./proxy-mutants.ts";
import { type Methods, methods, type Rows, type StreamOptions, type Texts, wrap } from "./wrapped-model.ts";

function stream(change: (inner: Methods, texts: Texts, options?: StreamOptions) => Rows): Changes {
  return methods((inner) => ({ streamTextEmbeddings: (texts, options) => change(inner, texts, options) }));
}

async function all(given: Texts): Promise<string[]> {
  const read: string[] = [];
  for await (const text of given) read.push(text);
  return read;
}

const estimates = "estimates as many requests as it then sends, and sends none for that";

/** Emits its own event around a batch. */
function batchEvent(start: (texts: readonly string[], vectors: unknown) => object): Changes {
  return {
    model: (inner, { callbackManager }) =>
      wrap(inner, (whole) => ({
        async getTextEmbeddingBatch(texts, options) {
          const batch = await whole.getTextEmbeddingBatch(texts, options);
          const payload = start(texts, batch.embeddings);
          const manager: CallbackManager | undefined = callbackManager;
          await manager?.event("ingestion", payload as { count?: number }, () => undefined);
          return batch;
        },
      })),
  };
}

const leaving = "leaving a stream early closes its source and aborts its requests";
const noSecrets = "events show no text, no vector and no key";

/** Defects of streams, events, closing, and printed models. */
export const otherMutants: readonly Mutant[] = [
  {
    name: "has the key in the address",
    changes: { post: (url, sent) => plainPost(`${url}?key=${sent.apiKey}`, sent) },
    service: (service) => ({
      ...service,
      read: (request) => service.read({ ...request, path: request.path.replace(/\?.*$/s, "") }),
    }),
    caughtBy: ["has the key in no address"],
  },
  ...proxyMutants,
  {
    name: "declares base64, and never requests it",
    // Other subjects of the same model do.
    changes: { provider: (provider) => ({ ...provider, model: "plain-json" }) },
    caughtBy: ["requests base64, where the model declares it"],
  },
  {
    name: "keeps the vectors of all addresses under the same keys",
    changes: { provider: (provider) => ({ ...provider, variant: undefined }) },
    caughtBy: ["models of two addresses do not share what is in a cache"],
  },
  {
    name: "asks the service for an estimate",
    changes: methods((inner) => ({
      async estimate(texts, options) {
        await inner.getTextEmbedding("how much is it?");
        return inner.estimate(texts, options);
      },
    })),
    caughtBy: [estimates],
  },
  {
    name: "estimates requests that are not filled",
    changes: methods((inner) => ({
      async estimate(texts, options) {
        const estimate = await inner.estimate(texts, options);
        return { ...estimate, requests: estimate.requests + 1 };
      },
    })),
    caughtBy: [estimates],
  },
  {
    name: "reads the whole source ahead",
    changes: stream(async function* (inner, texts, options) {
      yield* inner.streamTextEmbeddings(await all(texts), options);
    }),
    caughtBy: ["a stream pulls no more than its workers and its buffer have room for"],
  },
  {
    name: "yields rows in order of completion",
    changes: stream(async function* (inner, texts, options) {
      const rows: Awaited<ReturnType<Rows["next"]>>["value"][] = [];
      for await (const row of inner.streamTextEmbeddings(texts, options)) rows.push(row);
      for (const row of rows.toReversed()) yield row!;
    }),
    caughtBy: [
      "a stream yields each text with its index and its vector, in order",
      "a stream accepts arrays and generators, and yields what a batch returns",
    ],
  },
  {
    name: "restarts the row index with each request",
    changes: stream(async function* (inner, texts, options) {
      for await (const row of inner.streamTextEmbeddings(texts, options))
        yield { ...row, index: row.index % 4 };
    }),
    caughtBy: ["a stream yields each text with its index and its vector, in order"],
  },
  {
    name: "starts a stream before the first row is requested",
    changes: stream((inner, texts, options) => {
      const rows = inner.streamTextEmbeddings(texts, options);
      const first = rows.next();
      first.catch(() => {});
      return (async function* () {
        const { value, done } = await first;
        if (done) return;
        yield value;
        yield* rows;
      })();
    }),
    caughtBy: ["a stream sends and pulls nothing before the first row is read"],
  },
  {
    name: "does not close the source of a stream",
    changes: stream((inner, texts, options) => {
      const iterator =
        (texts as AsyncIterable<string>)[Symbol.asyncIterator]?.() ?? texts[Symbol.iterator as never];
      const open = { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
      return inner.streamTextEmbeddings(open, options);
    }),
    caughtBy: [leaving, "a stream pulls no more than its workers and its buffer have room for"],
  },
  {
    name: "does not abort the requests of a stream that is left early",
    changes: stream(async function* (inner, texts, options) {
      const rows = inner.streamTextEmbeddings(texts, options);
      // oxlint-disable-next-line no-await-in-loop
      for (let step = await rows.next(); !step.done; step = await rows.next()) yield step.value;
    }),
    caughtBy: [leaving],
  },
  {
    name: "throws its own error when the source of a stream fails",
    changes: stream(async function* (inner, texts, options) {
      try {
        yield* inner.streamTextEmbeddings(texts, options);
      } catch (error) {
        throw new Error("the stream is broken", { cause: error });
      }
    }),
    caughtBy: [
      "a stream throws the error of its source",
      "the first failure stops a stream; what came before it is handed out",
    ],
  },
  {
    name: "yields nothing of a stream that fails",
    changes: stream(async function* (inner, texts, options) {
      const rows: Awaited<ReturnType<Rows["next"]>>["value"][] = [];
      for await (const row of inner.streamTextEmbeddings(texts, options)) rows.push(row);
      for (const row of rows) yield row!;
    }),
    caughtBy: ["the first failure stops a stream; what came before it is handed out"],
  },
  {
    name: "omits the failed rows of a stream",
    changes: stream(async function* (inner, texts, options) {
      for await (const row of inner.streamTextEmbeddings(texts, options)) if (row.embedding) yield row;
    }),
    caughtBy: ["settle: true continues a stream after a failure"],
  },
  {
    name: "emits an event for a call without texts",
    changes: {
      model: (inner, { callbackManager }) =>
        wrap(inner, (whole) => ({
          getTextEmbeddingBatch: async (texts, options) =>
            callbackManager === undefined
              ? whole.getTextEmbeddingBatch(texts, options)
              : callbackManager.event("embed_texts", { count: texts.length }, () =>
                  whole.getTextEmbeddingBatch(texts, options),
                ),
        })),
    },
    caughtBy: ["emits no events for no texts", "emits events for a call, its jobs and its requests"],
  },
  {
    name: "ignores the callback manager",
    changes: { options: (options) => ({ ...options, callbackManager: undefined }) },
    caughtBy: [
      "emits events for a call, its jobs and its requests",
      "emits an event for each attempt, and counts usage once",
    ],
  },
  {
    name: "shows texts in an event",
    changes: batchEvent((texts) => ({ title: texts[0] })),
    caughtBy: [noSecrets],
  },
  {
    name: "shows vectors in an event",
    changes: batchEvent((_, vectors) => ({ vectors })),
    caughtBy: [noSecrets],
  },
  {
    name: "has the key as a property",
    changes: { model: (inner, { apiKey }) => wrap(inner, () => ({ options: { headers: [apiKey] } })) },
    caughtBy: ["a model shows no key"],
  },
  {
    name: "has the key in its JSON only",
    changes: { model: (inner, { apiKey }) => wrap(inner, () => ({ toJSON: () => ({ apiKey }) })) },
    caughtBy: ["a model shows no key"],
  },
  {
    name: "continues to work when it is closed",
    changes: methods((inner) => ({
      aclose: async () => {},
      get closed() {
        return inner.closed;
      },
    })),
    caughtBy: [
      "a closed model refuses calls, and says why",
      "closing twice has no effect, at once and later",
      "await using closes a model",
      "closing ends open streams",
    ],
    hangs: true,
  },
  {
    name: "says that it is closed, but continues to work",
    changes: methods((inner) => {
      let closed = false;
      return {
        aclose: async () => void (closed = true),
        get closed() {
          return closed;
        },
        getTextEmbedding: (text, options) => inner.getTextEmbedding(text, options),
      };
    }),
    caughtBy: ["a closed model refuses calls, and says why", "closing waits for open calls"],
  },
  {
    name: "does not wait for calls when it closes",
    changes: methods((inner) => ({ aclose: async (options) => void inner.aclose(options) })),
    caughtBy: ["closing waits for open calls"],
  },
  {
    name: "aborts calls when it closes",
    changes: methods((inner) => ({ aclose: () => inner.aclose({ abort: true }) })),
    caughtBy: ["closing waits for open calls"],
  },
  {
    name: "cannot be closed twice",
    changes: methods((inner) => ({
      aclose: async (options) => {
        if (inner.closed) throw new Error("it is already closed");
        await inner.aclose(options);
      },
    })),
    caughtBy: ["closing twice has no effect, at once and later"],
  },
  {
    name: "waits for calls when it closes with abort",
    changes: methods((inner) => ({ aclose: () => inner.aclose() })),
    caughtBy: [
      "closing with abort ends open calls",
      "closing with abort ends the calls that an earlier closing awaits",
    ],
    hangs: true,
  },
  {
    name: "ignores abort in a second closing",
    changes: methods((inner) => ({
      aclose: async (options) => (inner.closed ? inner.aclose() : inner.aclose(options)),
    })),
    caughtBy: ["closing with abort ends the calls that an earlier closing awaits"],
    hangs: true,
  },
  {
    name: "accepts any number of workers",
    changes: { options: (options) => ({ ...options, workers: 4 }) },
    caughtBy: ["refuses invalid options"],
  },
  {
    name: "accepts truncate, but does not cut",
    changes: { options: (options) => ({ ...options, truncate: undefined }) },
    caughtBy: ["does not cut texts without truncate, and refuses truncate if unsupported"],
  },
];
