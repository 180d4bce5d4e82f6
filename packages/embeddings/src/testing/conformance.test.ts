import { describe, it } from "vitest";
import { fakeEmbedding } from "./fake-embedding.ts";
import { type PlainDeclaration, plainEmbedding } from "./mutants/plain-embedding.ts";
import { plainService } from "./mutants/plain-service.ts";
import { registerConformance } from "./register-conformance.ts";

registerConformance(
  { name: "fakeEmbedding", create: ({ apiKey: _key, baseUrl: _url, ...options }) => fakeEmbedding(options) },
  { describe, it },
);
registerConformance(
  {
    name: "fakeEmbedding with one text a request, in bytes",
    create: ({ apiKey: _key, baseUrl: _url, ...options }) =>
      fakeEmbedding({ ...options, elementType: "int8", limits: { inputs: 1 } }),
  },
  { describe, it },
);

/** Providers without a defect: none of them may fail. */
const plain: Record<string, PlainDeclaration> = {
  "a plain provider": {
    limits: { inputs: 4, charactersPerInput: 200, characters: 520, tokens: 90 },
    dimensions: 16,
  },
  "a plain provider of base64 that does not know its dimensions": {
    limits: { inputs: 7, bytesPerInput: 150, bytes: 460, tokensPerInput: 20 },
    encoding: "base64",
  },
  "a plain provider of one text a request": { limits: { inputs: 1, charactersPerInput: 100 } },
  "a plain provider of packed bits": {
    limits: { inputs: 5 },
    elementType: "ubinary",
    dimensions: 256,
    encoding: "base64",
  },
  "a plain provider of signed bytes": { limits: { inputs: 5 }, elementType: "int8", dimensions: 32 },
};

for (const [name, declared] of Object.entries(plain)) {
  const { limits, elementType = "float", dimensions = 16 } = declared;
  registerConformance(
    {
      name,
      service: plainService({ limits, elementType, dimensions }),
      requestIdHeader: "x-request-id",
      inputTypeOf: ({ body }) => (body as { input_type: "document" | "query" }).input_type,
      create: (options) => plainEmbedding(options, declared),
    },
    // Each has a server of its own.
    { describe, it: it.concurrent },
  );
}
