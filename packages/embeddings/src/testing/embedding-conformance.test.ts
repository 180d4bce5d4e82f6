import { describe, expect, it, vi } from "vitest";
import type { ConformanceSubject } from "./conformance-subject.ts";
import { embeddingConformance } from "./embedding-conformance.ts";
import { fakeEmbedding } from "./fake-embedding.ts";
import { plainEmbedding } from "./mutants/plain-embedding.ts";
import { plainPost } from "./mutants/plain-post.ts";
import { plainService } from "./mutants/plain-service.ts";
import { registerConformance } from "./register-conformance.ts";

const limits = { inputs: 4 };
const service = plainService({ limits, elementType: "float", dimensions: 16 });

function subject(change: Partial<ConformanceSubject> = {}): ConformanceSubject {
  const create: ConformanceSubject["create"] = (options) => plainEmbedding(options, { limits }) as never;
  return { name: "plain", service, create, ...change };
}

const names = (each: ConformanceSubject): string[] => embeddingConformance(each).map(({ name }) => name);
const run = (each: ConformanceSubject, name: string, timeLimit?: number): Promise<void> =>
  embeddingConformance(each, { timeLimit })
    .find((test) => test.name === name)!
    .run();

describe("embeddingConformance", () => {
  it("gives each test a unique name", () => {
    const all = names(subject({ requestIdHeader: "x-request-id", inputTypeOf: () => "document" }));
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(90);
  });

  it("returns only tests of what is declared", () => {
    const some = names(subject());
    expect(some).not.toContain("returns the provider's ids of requests");
    expect(some).not.toContain("sends each declared input type as such");
    expect(
      some.filter((name) => /limits\.(?!inputs)|of all texts of a request|tokens of a request/.test(name)),
    ).toEqual([]);
    const indexless = names(
      subject({ service: { ...service, answer: (items) => ({ status: 200, body: { n: items.length } }) } }),
    );
    expect(some.filter((name) => !indexless.includes(name))).toEqual([
      "assigns vectors by their index",
      "rejects a response with a duplicate index",
      "rejects a response with an index out of range",
      "rejects a response with an index that is not a number",
      "rejects a response with indexes that are all 0",
      "rejects a response with indexes that count from 1",
      "does not retry after wrong indexes, as each attempt is paid for",
      "assigns vectors by an index that is left out where it is 0",
      "assigns vectors by indexes that are all left out",
      "assigns vectors by indexes that are strings",
      "rejects a response with null instead of an item, as an EmbeddingResponseError",
      "adds up the usage of all requests",
      "counts a request that succeeds at the second attempt once",
      "usage is unknown if one request does not report it",
      "usage has tokens, and not characters",
    ]);
  });

  it("needs no service for some tests, and opens no server for them", async () => {
    const local: ConformanceSubject = {
      name: "fake",
      create: ({ apiKey, baseUrl, ...options }) => {
        expect([apiKey, baseUrl]).toEqual(["", ""]);
        return fakeEmbedding(options);
      },
    };
    const tests = embeddingConformance(local);
    expect(tests.length).toBeGreaterThan(12);
    expect(tests.length).toBeLessThan(names(subject()).length / 2);
    await tests[0]!.run();
  });

  it("tries the headers in which a service of its own kind states its rate limits", async () => {
    const heeds = "heeds the rate limits that a response reports";
    const own = { rateLimits: { "x-left": "7", "x-reset": "40" } };
    const reading: ConformanceSubject["create"] = (options) =>
      plainEmbedding(
        options,
        { limits },
        {
          post: async (...sent) => {
            const reply = await plainPost(...sent);
            const { "x-left": left, "x-reset": reset, ...headers } = reply.headers;
            const usual = {
              "x-ratelimit-limit-requests": "50",
              "x-ratelimit-remaining-requests": left,
              "x-ratelimit-reset-requests": reset,
            };
            return { ...reply, headers: left === undefined ? headers : { ...headers, ...usual } };
          },
        },
      ) as never;
    await run(subject({ ...own, create: reading }), heeds);
    await expect(run(subject(own), heeds)).rejects.toThrow(
      "the service reports in its headers (x-left, x-reset) that 7 requests are left: return rateLimits",
    );
    expect(names(subject({ rateLimits: "none" }))).not.toContain(heeds);
  });

  it("requires a key long enough to be searched for", () => {
    expect(() => names(subject({ service: { ...service, apiKey: "short" } }))).toThrow(/apiKey.*12/);
  });

  it("fails a test that takes too long, with its name and the number of requests", async () => {
    const never = subject({
      create: (options) =>
        plainEmbedding(options, { limits }, { post: () => new Promise(() => {}) }) as never,
    });
    await expect(run(never, "embeds a text", 50)).rejects.toThrow(
      /"embeds a text" did not finish within 50 ms; 0 requests had arrived$/,
    );
  });

  it("says what to pass on where an abort does not end a request", async () => {
    const { signal } = new AbortController();
    const deaf = subject({
      create: (options) =>
        plainEmbedding(options, { limits }, { attempt: (attempt) => ({ ...attempt, signal }) }) as never,
    });
    const name = "an abort ends the call with its reason, and the request with it";
    await expect(run(deaf, name, 500)).rejects.toThrow(
      `"${name}" did not finish within 500 ms; 1 requests had arrived. If one of them never ends, pass on the ` +
        "attempt's signal and timeout (`...attempt`); if others wait, a declared rate limit (rateLimits) is too low",
    );
  });

  it("says where to list an option that the provider refuses", () => {
    const create: ConformanceSubject["create"] = (options) =>
      plainEmbedding({ ...options, size: 8 } as typeof options, { limits }) as never;
    expect(() => names(subject({ create }))).toThrow(
      /^create of plain: there is no option size; .*\. Or if the provider has it, list it in `options` of createEmbeddingModel/,
    );
  });

  it("requires a subject for each declared element type", async () => {
    const withTypes = (elementType: "float" | "int8"): ConformanceSubject =>
      subject({
        service: plainService({ limits, elementType, dimensions: 16 }),
        create: (options) =>
          plainEmbedding(
            options,
            { limits, elementType },
            {
              provider: ({ capabilities, ...provider }) => ({
                ...provider,
                capabilities: { ...capabilities, elementTypes: ["float", "int8"] },
              }),
            },
          ) as never,
      });
    const name = "is tested with each declared element type";
    await expect(run(withTypes("float"), name)).rejects.toThrow(
      /no subject has the element type int8, .* pass on the option elementType, or register a subject/,
    );
    await run(withTypes("int8"), name);
    await run(withTypes("float"), name);
  });

  it("names the element type whose limit is wrong, and what to do", async () => {
    const wrong = subject({
      create: ({ elementType = "float", ...options }) =>
        plainEmbedding(
          options,
          { limits: { inputs: (elementType as string) === "uint8" ? 5 : 4 }, elementType },
          {
            provider: (provider) => ({
              ...provider,
              model: "typed",
              capabilities: { ...provider.capabilities, elementTypes: ["float", "uint8"] },
            }),
          },
        ) as never,
    });
    await expect(run(wrong, "the service accepts a request filled to limits.inputs")).rejects.toThrow(
      'limits.inputs is 5 with elementType: "uint8", and the service refuses a request with 5 texts: correct the ' +
        "declared limit, or the fake",
    );
  });

  it("says what a fake lacks that does not enforce a declared limit", async () => {
    const low = subject({ create: (options) => plainEmbedding(options, { limits: { inputs: 3 } }) as never });
    await expect(run(low, "the service refuses a request of one above limits.inputs")).rejects.toThrow(
      "limits.inputs is 3, and the service accepts a request with 4 texts: let the fake refuse it",
    );
  });

  it("says that the provider cuts texts, where the service would refuse them", async () => {
    const short = { limits: { ...limits, charactersPerInput: 200 } };
    const cutting = subject({
      service: plainService({ ...short, elementType: "float", dimensions: 16 }),
      create: (options) =>
        plainEmbedding(options, short, {
          request: ({ texts, ...request }) => ({
            ...request,
            texts: texts.map((text) => text.slice(0, 200)),
          }),
        }) as never,
    });
    await expect(
      run(cutting, "the service refuses a request of one above limits.charactersPerInput"),
    ).rejects.toThrow(
      "a text of 201 characters has arrived as another of 200: the provider must send texts as they are given, and cut none",
    );
  });

  it("says what to do where given headers are not sent", async () => {
    const deaf = subject({
      create: (options) => plainEmbedding({ ...options, headers: undefined } as never, { limits }) as never,
    });
    await expect(run(deaf, "sends the given headers, in each accepted form")).rejects.toThrow(
      "headers given as an object must be sent with each request: pass the option headers on, as to HttpClient",
    );
  });

  it("says which limit of the fake the model does not declare", async () => {
    const name = "the model declares each limit that the fake states";
    const narrow = (more: object): ConformanceSubject =>
      subject({ service: { ...service, limits: { ...limits, tokens: 80, ...more } } });
    await expect(run(narrow({}), name)).rejects.toThrow(
      "the fake enforces limits.tokens of 80, and the model does not declare it",
    );
    // Four texts of at most 20 tokens have no more than 80.
    const short = { limits: { ...limits, tokensPerInput: 20 } };
    const create: ConformanceSubject["create"] = (options) => plainEmbedding(options, short) as never;
    await run({ ...narrow({ tokensPerInput: 20 }), create }, name);
    expect(names(subject({ service: { ...service, limits: undefined } }))).not.toContain(name);
  });

  it("says what is wrong with a fake that sorts, instead of asking the provider for indexes", async () => {
    const sorting = subject({
      service: {
        ...service,
        answer: (items, ask) =>
          service.answer(
            items
              .toSorted((a, b) => a.index - b.index)
              .map(({ embedding }) => ({ embedding }) as (typeof items)[number]),
            ask,
          ),
      },
    });
    await expect(
      run(sorting, "the fake returns vectors in the order in which they are given"),
    ).rejects.toThrow("the fake sorts vectors by their index: let its response have them as they are given");
    expect(names(sorting)).not.toContain("rejects a response with a duplicate index");
  });

  it("says how to name a header with the request id that the client does not know", async () => {
    const foreign = subject({ requestIdHeader: "x-foxglove-request" });
    await expect(run(foreign, "returns the provider's ids of requests")).rejects.toThrow(
      "the request id must be request-of-good-response, from the header x-foxglove-request, not request-of-2: return the " +
        "response's `requestId`; if the header is not one that `HttpClient` knows, name it in its option `requestIdHeader`",
    );
  });

  it("says where the key is shown", async () => {
    const open = subject({
      create: (options) =>
        plainEmbedding(
          options,
          { limits },
          { error: (_, { apiKey }) => new Error(`failed with ${apiKey}`) },
        ) as never,
    });
    await expect(run(open, "an error shows neither key nor text: a page of a gateway")).rejects.toThrow(
      "the error shows the key, by its message: build errors and properties from neither the key nor the request",
    );
  });

  it("says whose vector a text has", async () => {
    const byOrder = subject({
      create: (options) =>
        plainEmbedding(
          options,
          { limits },
          { data: (items) => items.map(({ embedding }, index) => ({ index, embedding })) },
        ) as never,
    });
    await expect(run(byOrder, "assigns vectors by their index")).rejects.toThrow(
      "the embedding of texts[0] is that of texts[1]: pass on the service's index of each vector",
    );
  });

  describe("where a service bills characters, and reports no tokens", () => {
    type Usage = { readonly inputTokens: number } | undefined;
    const billing: ConformanceSubject["service"] = {
      ...service,
      answer: (items, { texts }) => ({
        status: 200,
        body: { data: items, usage: { prompt_tokens: texts.join("").length } },
      }),
    };
    const billed = (usage: (characters: number) => Usage, more: Partial<ConformanceSubject> = {}) =>
      subject({
        service: billing,
        create: (options) =>
          plainEmbedding(
            options,
            { limits },
            { response: (response) => ({ ...response, usage: usage(response.usage!.inputTokens!) }) },
          ) as never,
        ...more,
      });
    const silent = (): undefined => {};
    const none = { usage: "none" } as const;
    const sum = "adds up the usage of all requests";
    const attempts = "emits an event for each attempt, and counts usage once";

    it("accepts a provider that returns no usage, and says so", async () => {
      const tests = names(billed(silent, none));
      expect(tests).not.toContain(sum);
      await run(billed(silent, none), "returns no usage, as the service reports no tokens");
      await run(billed(silent, none), attempts);
    });

    it.each([sum, attempts])("says how to declare that in: %s", async (name) => {
      await expect(run(billed(silent), name)).rejects.toThrow(
        "usage must be returned if the service reports it. If what it reports are not tokens (but characters, searches or " +
          'credits), return no usage, and register the suite with `usage: "none"`',
      );
    });

    it("says that characters are no tokens", async () => {
      const name = "usage has tokens, and not characters";
      await expect(
        run(
          billed((inputTokens) => ({ inputTokens })),
          name,
        ),
      ).rejects.toThrow(
        "inputTokens is 44 for a text of 44 characters: characters are no tokens, so return no usage, and register the suite " +
          'with `usage: "none"`; if a token is a character, let the fake say so in countTokens',
      );
      const characters = { ...billing, countTokens: (text: string) => text.length };
      await run(
        billed((inputTokens) => ({ inputTokens }), { service: characters }),
        name,
      );
    });

    it("says that a model returns usage although there are no tokens", async () => {
      await expect(
        run(
          billed(() => ({ inputTokens: 812 }), none),
          "returns no usage, as the service reports no tokens",
        ),
      ).rejects.toThrow("inputTokens is 812, and the service reports no tokens: return no usage");
    });
  });

  it("says which option of postJson reads a bare NaN", async () => {
    const strict = subject({
      create: (options) =>
        plainEmbedding(
          options,
          { limits },
          {
            post: async (url, sent) => {
              const reply = await plainPost(url, sent);
              JSON.parse(reply.text);
              return reply;
            },
          },
        ) as never,
    });
    await expect(run(strict, "names the text and the index of a number that is NaN")).rejects.toThrow(
      "the message must name index 2: give postJson `parse: parseEmbeddings`, which reads a bare NaN",
    );
  });

  it("says where to list dimensions that the provider refuses as an option", async () => {
    const unlisted = subject({
      create: (options) =>
        plainEmbedding(
          options,
          { limits },
          {
            provider: ({ capabilities, ...provider }) => ({
              ...provider,
              capabilities: { ...capabilities, dimensions: [16, 8] },
            }),
          },
        ) as never,
    });
    const name = "requests each declared number of dimensions, and the most of a range";
    await expect(run(unlisted, name)).rejects.toThrow(
      /^create has thrown there is no option dimensions.* for 16: if the provider has it, list it in `options` of createEmbeddingModel, and in what checkOptionNames is given$/,
    );
  });

  it("says that input types are mixed up", async () => {
    const mixed = subject({
      inputTypeOf: ({ body }) =>
        (body as { input_type: string }).input_type === "query" ? "document" : "query",
    });
    await expect(run(mixed, "sends each declared input type as such")).rejects.toThrow(
      "input types are mixed up: the model was asked for document, query, and has sent query, document",
    );
  });

  it("gives a fake that counts from 1 no index that is no number", () => {
    const answer: typeof service.answer = (items, ask) =>
      service.answer(
        items.map((item) => ({ ...item, index: item.index + 1 })),
        ask,
      );
    const strings = "assigns vectors by indexes that are strings";
    expect(names(subject())).toContain(strings);
    expect(names(subject({ service: { ...service, answer } }))).not.toContain(strings);
  });

  it("tries nothing else where one request for a text fails", async () => {
    let calls = 0;
    const tests = embeddingConformance(
      subject({
        create: (options) =>
          plainEmbedding(
            { ...options, baseUrl: `${options.baseUrl}/other` },
            { limits },
            {
              attempt: (attempt) => {
                calls++;
                return attempt;
              },
            },
          ) as never,
      }),
    );
    const outcomes = await Promise.allSettled(tests.map((test) => test.run()));
    const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : ""));
    const [first, ...others] = reasons;
    expect(first).toMatch(/the service itself refuses POST \/other\/v1\/embeddings: 404 .*no such address/);
    expect(new Set(others)).toEqual(
      new Set(['AssertionError [ERR_ASSERTION]: not tried, as "embeds a text" fails: see there']),
    );
    expect(calls).toBe(1);
  });

  it("skips what was not tried, where the runner can", async () => {
    const registered: ((...context: unknown[]) => Promise<void>)[] = [];
    registerConformance(
      subject({
        create: (options) =>
          plainEmbedding({ ...options, baseUrl: `${options.baseUrl}/other` }, { limits }) as never,
      }),
      { describe: (_name, body) => body(), it: (_name, test) => registered.push(test) },
    );
    const [basic, other] = registered;
    const skip = vi.fn();
    await expect(basic!({ skip })).rejects.toThrow("no such address");
    expect(skip).not.toHaveBeenCalled();
    await other!({ skip });
    expect(skip).toHaveBeenCalledExactlyOnceWith('not tried, as "embeds a text" fails: see there');
    // jest waits for the callback of a test that has a parameter.
    expect(other).toHaveLength(0);
    await expect(other!()).rejects.toThrow('not tried, as "embeds a text" fails');
  });

  it("tries nothing else where limits.inputs is too high, and says so once", async () => {
    const tests = embeddingConformance(
      subject({ create: (options) => plainEmbedding(options, { limits: { inputs: 5 } }) as never }),
    );
    const full = "the service accepts a request filled to limits.inputs";
    const outcomes = await Promise.allSettled(tests.map((test) => test.run()));
    const reason = (at: number): string => {
      const outcome = outcomes[at]!;
      return outcome.status === "rejected" ? (outcome.reason as Error).message : "";
    };
    const at = tests.findIndex(({ name }) => name === full);
    expect(reason(at)).toContain("limits.inputs is 5, and the service refuses a request with 5 texts");
    const others = [...tests.keys()].filter((index) => index !== at && index !== 0).map(reason);
    expect(new Set(others)).toEqual(new Set([`not tried, as "${full}" fails: see there`]));
  });

  it("reports it if the service itself refuses a request", async () => {
    const wrong = subject({
      create: (options) =>
        plainEmbedding({ ...options, baseUrl: `${options.baseUrl}/other` }, { limits }) as never,
    });
    await expect(run(wrong, "embeds a text")).rejects.toThrow(
      /the service itself refuses POST \/other\/v1\/embeddings: 404 .*no such address/,
    );
  });
});
