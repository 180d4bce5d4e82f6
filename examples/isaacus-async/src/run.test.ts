import { fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { fakeIsaacus } from "@llx/embeddings-isaacus/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "./run.ts";
import { question, texts } from "./texts.ts";

let lines: string[];
const print = (line: string): unknown => lines.push(line);

beforeEach(() => {
  lines = [];
  vi.stubEnv("ISAACUS_API_KEY", undefined);
  vi.stubEnv("ISAACUS_BASE_URL", undefined);
});

afterEach(() => vi.unstubAllEnvs());

const vectors = texts.map((text) => fakeVector(text, 1792));
const query = fakeVector(question, 1792);
/** They are of length 1. */
const dot = (a: Float32Array, b: Float32Array): string =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0).toFixed(4);
const shown = (vector: Float32Array): string[] => [
  "Dimension: 1792",
  `First five values: ${Array.from(vector.slice(0, 5), (value) => value.toFixed(4)).join(", ")}`,
];

const expected = [
  ...vectors.flatMap((vector, index) => [
    `\nText ${index + 1}: ${texts[index]!.slice(0, 60)}...`,
    ...shown(vector),
  ]),
  "\nGenerated 4 embeddings",
  "\nDocument embedding (task: retrieval/document)",
  ...shown(vectors[0]!),
  "\nQuery embedding (task: retrieval/query)",
  "Query: What are the termination terms?",
  ...shown(query),
  "",
  ...vectors.map((vector, index) => `Similarity of the query and text ${index + 1}: ${dot(query, vector)}`),
];

describe("the example", () => {
  it("starts a fake server where there is no key, and says so", async () => {
    await run(print);
    expect(lines[0]).toMatch(
      /^No Isaacus key in the environment \(ISAACUS_API_KEY\): using a fake server on http:\/\/127\.0\.0\.1:\d+, so the vectors are meaningless\.$/,
    );
    expect(lines.slice(1)).toEqual(expected);
  });

  it("uses the service that the environment names, with a task for each text", async () => {
    const service = fakeIsaacus();
    await using server = await startEmbeddingServer(service);
    vi.stubEnv("ISAACUS_API_KEY", service.apiKey);
    vi.stubEnv("ISAACUS_BASE_URL", `${server.url}/v1`);
    await run(print);
    expect(lines).toEqual(["Using the Isaacus service with the model kanon-2-embedder.", ...expected]);
    const sent = server.requests.map(({ body }) => body as { texts: string[]; task: string });
    expect(sent.map(({ texts: each, task }) => [each.length, task])).toEqual([
      ...[1, 1, 1, 1, 4, 1].map((count) => [count, "retrieval/document"]),
      [1, "retrieval/query"],
    ]);
    // Closed, and not only left.
    await server.until(() => server.connections === 0);
  });

  it("fails with the words of the service, and without the key", async () => {
    await using server = await startEmbeddingServer(fakeIsaacus());
    vi.stubEnv("ISAACUS_API_KEY", "iuak_v1_wrong_checksum");
    vi.stubEnv("ISAACUS_BASE_URL", `${server.url}/v1`);
    await expect(run(print)).rejects.toThrow(
      /^Isaacus responded with 401: Authentication failed: the API key is not valid$/,
    );
  });
});
