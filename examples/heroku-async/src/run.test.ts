import { fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { fakeHeroku } from "@llx/embeddings-heroku/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "./run.ts";
import { texts } from "./texts.ts";

let lines: string[];
const print = (line: string): unknown => lines.push(line);

beforeEach(() => {
  lines = [];
  for (const prefix of ["EMBEDDING", "HEROKU_EMBEDDING", "INFERENCE"]) {
    for (const name of ["KEY", "URL", "MODEL_ID"]) vi.stubEnv(`${prefix}_${name}`, undefined);
  }
});

afterEach(() => vi.unstubAllEnvs());

const vectors = texts.map((text) => fakeVector(text, 1024));
/** They are of length 1. */
const dot = (a: Float32Array, b: Float32Array): string =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0).toFixed(4);

const expected = [
  ...vectors.flatMap((vector, index) => [
    `\nText ${index + 1}: ${texts[index]!.slice(0, 50)}...`,
    "Dimension: 1024",
    `First five values: ${Array.from(vector.slice(0, 5), (value) => value.toFixed(4)).join(", ")}`,
  ]),
  "\nGenerated 4 embeddings",
  ...[
    [1, 2],
    [1, 3],
    [1, 4],
    [2, 3],
    [2, 4],
    [3, 4],
  ].map(([i, j]) => `Similarity of text ${i} and text ${j}: ${dot(vectors[i! - 1]!, vectors[j! - 1]!)}`),
];

describe("the example", () => {
  it("starts a fake server where there is no key, and says so", async () => {
    vi.stubEnv("EMBEDDING_MODEL_ID", "another");
    await run(print);
    expect(lines[0]).toMatch(
      /^No Heroku key in the environment \(EMBEDDING_KEY, .*\): using a fake server on http:\/\/127\.0\.0\.1:\d+, so the vectors are meaningless\.$/,
    );
    expect(lines.slice(1)).toEqual(expected);
  });

  it("uses the service that the environment names", async () => {
    const service = fakeHeroku();
    await using server = await startEmbeddingServer(service);
    vi.stubEnv("EMBEDDING_KEY", service.apiKey);
    vi.stubEnv("EMBEDDING_URL", server.url);
    await run(print);
    expect(lines).toEqual(["Using Heroku's service with the model cohere-embed-multilingual.", ...expected]);
    const counts = server.requests.map(({ ask }) => ask?.texts.length);
    expect(counts).toEqual([1, 1, 1, 1, 4]);
    // Closed, and not only left.
    await server.until(() => server.connections === 0);
  });

  it("fails with the words of the service, and without the key", async () => {
    await using server = await startEmbeddingServer(fakeHeroku());
    vi.stubEnv("EMBEDDING_KEY", "inf-wrong-secret");
    vi.stubEnv("EMBEDDING_URL", server.url);
    await expect(run(print)).rejects.toThrow(/^Heroku responded with 401: the API key is not valid$/);
  });
});
