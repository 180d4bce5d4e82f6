import {
  defineFakeService,
  type FakeReply,
  type FakeRequest,
  type FakeService,
} from "@llx/embeddings/testing";

/** Options of the fake Ollama server. */
export interface FakeOllamaOptions {
  /** The key that it requires, like a proxy in front of a server. Default: it requires none. */
  readonly apiKey?: string | undefined;
  /** The model that it has. Default `embeddinggemma`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings, where a request asks for no fewer. Default 768. */
  readonly dimensions?: number | undefined;
  /** Tokens in a text. Default 2048. */
  readonly contextLength?: number | undefined;
}

/**
 * Ollama as a client sees it, for tests: it checks each request as the server does, and responds in its forms. A text
 * counts as one token per four characters, rounded up. It is stricter than the server: it refuses unknown fields and a
 * request without texts.
 */
export function fakeOllama(options: FakeOllamaOptions = {}): FakeService {
  const { apiKey, model = "embeddinggemma", dimensions = 768, contextLength = 2048 } = options;
  const service = defineFakeService({
    apiKey: apiKey ?? "no-key-is-needed",
    keyHeaders: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    path: "/api/embed",
    dimensions,
    fields: {
      model: "any",
      truncate: [true, false, undefined],
      dimensions: [{ from: 0 }, undefined],
      keep_alive: "any",
      options: "any",
    },
    texts: {
      field: "input",
      single: true,
      blank: true,
      limits: { inputs: Number.POSITIVE_INFINITY, tokensPerInput: contextLength },
      truncates: (values) => values.truncate !== false,
    },
    // More than the model has, or 0, is ignored.
    read: (values) => ({ dimensions: Math.min(values.dimensions || dimensions, dimensions) }),
    respond: (items, tokens) => ({
      body: {
        model,
        embeddings: items.map(({ embedding }) => embedding),
        total_duration: 14_143_917,
        load_duration: 1_019_500,
        prompt_eval_count: tokens,
      },
    }),
    refuse,
  });
  return {
    ...service,
    read(request) {
      const read = service.read(request);
      const asked = modelOf(request);
      if ("status" in read || asked === model || asked === `${model}:latest`) return read;
      return refuse(404, `model ${JSON.stringify(asked)} not found, try pulling it first`);
    },
  };
}

function modelOf({ body }: FakeRequest): unknown {
  return (body as { model?: unknown } | undefined)?.model;
}

/** The server never says how long to wait. */
function refuse(status: number, message: string): FakeReply {
  // The router's own page.
  if (status === 404 && !message.startsWith("model ")) return { status, body: "404 page not found" };
  const isTooLong = /has more than \d+ tokens/.test(message);
  return { status, body: { error: isTooLong ? "the input length exceeds the context length" : message } };
}
