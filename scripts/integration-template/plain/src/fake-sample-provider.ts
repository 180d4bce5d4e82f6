import { defineFakeService, type FakeReply, type FakeService } from "@llx/embeddings/testing";

/** Options of the fake Sample Provider service. */
export interface FakeSampleProviderOptions {
  /** The key that it accepts. Default `fake-key-7f3a9c2e51d8`. */
  readonly apiKey?: string | undefined;
  /** The model that it serves. Default `sample-embed`. */
  readonly model?: string | undefined;
  /** Numbers in its embeddings. Default 1024. */
  readonly dimensions?: number | undefined;
}

/**
 * Sample Provider as a client sees it, for tests: it checks each request as the service does, and responds in its
 * forms. A text counts as one token per four characters, rounded up.
 */
export function fakeSampleProvider(options: FakeSampleProviderOptions = {}): FakeService {
  const { apiKey = "fake-key-7f3a9c2e51d8", model = "sample-embed", dimensions = 1024 } = options;
  return defineFakeService({
    apiKey,
    // Fill in: how the key is sent, and what the service accepts, according to its documents.
    keyHeaders: { authorization: `Bearer ${apiKey}` },
    path: "/v1/embed",
    model,
    dimensions,
    fields: { purpose: ["store", "search"], size: [1024, 512, 256, undefined] },
    texts: { field: "texts", limits: { inputs: 128, charactersPerInput: 8192 } },
    read: ({ size = dimensions }) => ({ dimensions: size }),
    respond(items, tokens) {
      // Fill in: the form of a response.
      const vectors = items.map(({ index, embedding }) => ({ place: index, values: embedding }));
      return { body: { vectors, usage: { tokens } } };
    },
    refuse,
  });
}

/** @param wait milliseconds that it asks to wait, for a refusal that states that */
function refuse(status: number, message: string, wait?: number): FakeReply {
  // Fill in: the form of an error. It keeps the status; where the service has another than 400 (above its limits with 413:
  // `refuseLimits`; fields with 422: `refuseFields`) or 401 (a key: `refuseKey`), add that to the definition.
  // If it states no wait with a 429, remove `wait` and its test.
  const headers = wait === undefined ? undefined : { "retry-after": String(wait / 1000) };
  return { status, headers, body: { reason: message } };
}
