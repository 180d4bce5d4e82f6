import * as nodeTest from "node:test";
import { describe, expect, it, vi } from "vitest";
import type { ConformanceSubject } from "./conformance-subject.ts";
import { embeddingConformance } from "./embedding-conformance.ts";
import { fakeEmbedding } from "./fake-embedding.ts";
import { type ConformanceRunner, registerConformance } from "./register-conformance.ts";

const subject: ConformanceSubject = {
  name: "fake",
  create: ({ apiKey: _key, baseUrl: _url, ...options }) => fakeEmbedding(options),
};

describe("registerConformance", () => {
  it("registers each test in one group", async () => {
    const group = vi.fn((_name: string, body: () => void) => body());
    const test = vi.fn<ConformanceRunner["it"]>();
    registerConformance(subject, { describe: group, it: test }, { timeLimit: 2_000 });
    expect(group).toHaveBeenCalledExactlyOnceWith("fake meets the embedding contract", expect.any(Function));
    const expected = embeddingConformance(subject).map(({ name }) => [name, expect.any(Function), 7_000]);
    expect(test.mock.calls).toEqual(expected);
    await test.mock.calls[0]![1]();
  });

  it("fits vitest and node:test", () => {
    const runners: ConformanceRunner[] = [
      { describe, it },
      { describe, it: it.concurrent },
      { describe: nodeTest.describe, it: nodeTest.it },
    ];
    expect(runners).toHaveLength(3);
  });
});
