import { expect, it } from "vitest";
import { coalesce, memoryStore } from "./index.ts";
import { fakeEmbedding, fakeReranker } from "./testing.ts";

const model = fakeEmbedding();

it.each<[string, (options: never) => unknown, object, string]>([
  ["a model", (options) => fakeEmbedding(options), { worker: 1 }, "worker; did you mean workers?"],
  [
    "a model",
    (options) => fakeEmbedding(options),
    { defaultHeaders: {} },
    "defaultHeaders; it is called headers",
  ],
  [
    "a model",
    (options) => fakeEmbedding(options),
    { openAIApiKey: "…" },
    "openAIApiKey; it is called apiKey",
  ],
  [
    "a model",
    (options) => fakeEmbedding(options),
    { maxEmbeddingsPerCall: 9 },
    "maxEmbeddingsPerCall; it is called limits: { inputs }",
  ],
  [
    "a model",
    (options) => fakeEmbedding(options),
    { chunkSize: 9 },
    "chunkSize; it is called limits: { inputs }",
  ],
  ...[
    () => model.getTextEmbedding("a", { retry: { attempts: 1 } } as never),
    () => model.getTextEmbeddingBatch([], { retry: { attempts: 1 } } as never),
  ].map((call): [string, (options: never) => unknown, object, string] => [
    "a call",
    call,
    {},
    "retry; it is an option of the model, not of a call",
  ]),
  [
    "a call",
    (options) => model.getTextEmbedding("a", options),
    { limits: { inputs: 8 } },
    "limits; it is an option of the model, not of a call",
  ],
  [
    "a call",
    (options) => model.getTextEmbeddingBatch([], options),
    { maxParallelCalls: 9 },
    "maxParallelCalls; it is called workers",
  ],
  [
    "a call",
    (options) => model.getTextEmbeddingBatch([], options),
    { callbacks: [] },
    "callbacks; it is called callbackManager: new CallbackManager({ handlers })",
  ],
  [
    "its retries",
    (options) => fakeEmbedding({ retry: options }),
    { attempt: 1 },
    "attempt; did you mean attempts?",
  ],
  [
    "its limits",
    (options) => fakeEmbedding({ limits: options }),
    { input: 1 },
    "limits.input; did you mean limits.inputs?",
  ],
  [
    "its limits",
    (options) => fakeEmbedding({ limits: options }),
    { texts: 1 },
    "limits.texts; it is called limits.inputs",
  ],
  ...[
    ["requestsPerMinute", "requests"],
    ["rpm", "requests"],
    ["tokensPerMinute", "tokens"],
    ["tpm", "tokens"],
  ].map(([name, budget]): [string, (options: never) => unknown, object, string] => [
    "its rates",
    (options) => fakeEmbedding({ rate: options }),
    { [name!]: 500 },
    `rate.${name}; pass rate: { ${budget}: { limit, interval: 60_000 } }`,
  ]),
  [
    "its rates",
    (options) => fakeEmbedding({ rate: options }),
    { request: { limit: 1, interval: 1 } },
    "rate.request; did you mean rate.requests?",
  ],
  [
    "its cache",
    (options) => fakeEmbedding({ cache: options }),
    { store: new Map(), formats: "bytes" },
    "cache.formats; did you mean cache.format?",
  ],
  [
    "a call",
    (options) => model.getTextEmbedding("a", options),
    { totalTimout: 1 },
    "totalTimout; did you mean totalTimeout?",
  ],
  [
    "closing",
    (options) => fakeEmbedding().aclose(options),
    { aborted: true },
    "aborted; did you mean abort?",
  ],
  [
    "closing a reranker",
    (options) => fakeReranker().aclose(options),
    { aborted: true },
    "aborted; did you mean abort?",
  ],
  ["coalesce", (options) => coalesce(model, options), { windows: 1 }, "windows; did you mean window?"],
  ["memoryStore", (options) => memoryStore(options), { maxbytes: 1 }, "maxbytes; did you mean maxBytes?"],
])("%s refuses a wrong name of an option", async (_name, call, options, message) => {
  await expect((async () => call(options as never))()).rejects.toThrow(
    new TypeError(`there is no option ${message}`),
  );
});
