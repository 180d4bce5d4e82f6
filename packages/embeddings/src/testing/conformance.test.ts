import { describe, it } from "vitest";
import { fakeEmbedding } from "./fake-embedding.ts";
import { type PlainDeclaration, plainEmbedding } from "./mutants/plain-embedding.ts";
import { plainService } from "./mutants/plain-service.ts";
import { registerConformance } from "./register-conformance.ts";
import { tokensOf } from "./tokens-of.ts";

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

interface PlainSubject extends PlainDeclaration {
  /** How the service counts, if not words. */
  readonly countTokens?: ((text: string) => number) | undefined;
}

/** Providers without a defect: none of them may fail. */
const plain: Record<string, PlainSubject> = {
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
  // Of two limits of one text or request, the texts of a test may reach the other one before.
  "a plain provider whose requests are longer than two texts": {
    limits: { inputs: 96, characters: 100_000, tokensPerInput: 8000 },
    countTokens: tokensOf,
  },
  "a plain provider whose requests have more bytes than two texts": {
    limits: { inputs: 8, bytes: 10_000, tokensPerInput: 400 },
    countTokens: tokensOf,
  },
  "a plain provider whose requests have fewer tokens than characters": {
    limits: { inputs: 8, charactersPerInput: 5000, characters: 10_000, tokens: 800 },
    countTokens: tokensOf,
  },
  "a plain provider whose texts have fewer characters than bytes": {
    limits: { inputs: 8, charactersPerInput: 150, bytesPerInput: 400, bytes: 1000 },
  },
  "a plain provider whose texts have fewer bytes than characters": {
    limits: { inputs: 8, charactersPerInput: 5000, bytes: 900 },
  },
  "a plain provider whose requests are full of fewer texts": { limits: { inputs: 50, characters: 1000 } },
};

for (const [name, declared] of Object.entries(plain)) {
  const { limits, elementType = "float", dimensions = 16, countTokens } = declared;
  registerConformance(
    {
      name,
      service: plainService({ limits, elementType, dimensions, countTokens }),
      requestIdHeader: "x-request-id",
      inputTypeOf: ({ body }) => (body as { input_type: "document" | "query" }).input_type,
      create: (options) => plainEmbedding(options, declared),
    },
    // Each has a server of its own.
    { describe, it: it.concurrent },
  );
}
