import { describe, expect, it } from "vitest";
import { fakeReranker } from "./fake-reranker.ts";
import { plainReranker } from "./mutants/plain-reranker.ts";
import { plainRerankService } from "./mutants/plain-rerank-service.ts";
import { plainService } from "./mutants/plain-service.ts";
import { registerRerankerConformance, rerankerConformance } from "./reranker-conformance.ts";
import type { RerankerConformanceSubject } from "./reranker-conformance-subject.ts";

registerRerankerConformance(
  { name: "fakeReranker", create: ({ apiKey: _key, baseUrl: _url, ...options }) => fakeReranker(options) },
  { describe, it },
);
/** Rerankers without a defect: none of them may fail. */
for (const limits of [
  { inputs: 20, tokensPerQuery: 40, tokensPerInput: 60, tokensPerPair: 90, tokens: 800 },
  { tokensPerPair: 100, tokens: 1500 },
  {},
]) {
  registerRerankerConformance(
    {
      name: `a plain reranker with limits ${Object.keys(limits).join(", ")}`,
      service: plainRerankService(limits),
      requestIdHeader: "x-request-id",
      create: (options) => plainReranker(options, limits),
    },
    { describe, it: it.concurrent },
  );
}

function subject(change: Partial<RerankerConformanceSubject> = {}): RerankerConformanceSubject {
  return {
    name: "plain",
    service: plainRerankService({ inputs: 20 }),
    create: (options) => plainReranker(options, { inputs: 20 }),
    ...change,
  };
}

const namesOf = (each: RerankerConformanceSubject): string[] =>
  rerankerConformance(each).map(({ name }) => name);

describe("rerankerConformance", () => {
  it("gives each test a unique name", () => {
    const names = namesOf(subject({ requestIdHeader: "x-request-id" }));
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(80);
  });

  it("returns only tests of what is declared", () => {
    const names = namesOf(subject());
    expect(names).not.toContain("returns the service's id of the request");
    expect(names.filter((name) => /limits\.(?!inputs)/.test(name))).toEqual([]);
    const local = namesOf({ name: "local", create: () => fakeReranker() });
    expect(local.length).toBeLessThan(names.length / 3);
  });

  it("requires a service that ranks texts, with a key long enough to be searched for", () => {
    const embeds = plainService({ limits: { inputs: 1 }, elementType: "float", dimensions: 1 });
    expect(() => namesOf(subject({ service: embeds }))).toThrow(/no part rerank/);
    const { service } = subject();
    expect(() => namesOf(subject({ service: { ...service!, apiKey: "short" } }))).toThrow(/apiKey.*12/);
  });

  it("says how to name a header with the request id that the client does not know", async () => {
    const foreign = subject({ requestIdHeader: "x-foxglove-request" });
    const test = rerankerConformance(foreign).find(
      ({ name }) => name === "returns the service's id of the request",
    );
    await expect(test!.run()).rejects.toThrow(
      "from the header x-foxglove-request, not request-of-2: return the response's `requestId`; if the header is not one " +
        "that `HttpClient` knows, name it in its option `requestIdHeader`",
    );
  });

  it("says what a fake lacks that does not enforce a declared limit", async () => {
    const low = subject({ create: (options) => plainReranker(options, { inputs: 19 }) });
    const test = rerankerConformance(low).find(
      ({ name }) => name === "the service refuses a request of one above limits.inputs",
    );
    await expect(test!.run()).rejects.toThrow(
      "limits.inputs is 19, and the service accepts one more: let the fake refuse it",
    );
  });
});
