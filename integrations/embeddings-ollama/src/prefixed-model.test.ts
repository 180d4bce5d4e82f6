import { type FakeService, registerConformance } from "@llx/embeddings/testing";
import { describe, it } from "vitest";
import { fakeOllama } from "./fake-ollama.ts";
import { ollamaEmbedding } from "./index.ts";

/** Those of the card of nomic-embed-text. */
const nomic = {
  document: "search_document: ",
  query: "search_query: ",
  classification: "classification: ",
  clustering: "clustering: ",
};
type Type = keyof typeof nomic;
const typeOf = (text: string): Type | undefined =>
  (Object.keys(nomic) as Type[]).find((type) => text.startsWith(nomic[type]));

/** The suite knows the vectors of its own texts: this server removes the prefixes, which change vectors. */
function withoutPrefixes(service: FakeService): FakeService {
  return {
    ...service,
    read(request) {
      const read = service.read(request);
      if ("status" in read) return read;
      const texts = read.texts.map((text) => text.slice(nomic[typeOf(text)!].length));
      return { ...read, texts };
    },
  };
}

const model = "nomic-embed-text";

registerConformance(
  {
    name: "Ollama with prefixes",
    // The server has no limit.
    unenforced: ["inputs"],
    // How long a text may be is known to the server alone.
    service: withoutPrefixes(
      fakeOllama({ apiKey: "secret-key-of-a-proxy", model, dimensions: 16, contextLength: Infinity }),
    ),
    inputTypeOf: ({ body }) => typeOf((body as { input: string[] }).input[0]!),
    create: (options) => ollamaEmbedding({ ...options, model }),
  },
  { describe, it: it.concurrent },
);
