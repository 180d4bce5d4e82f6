import { describe, expectTypeOf, it } from "vitest";
import { traced, tracedSync, traceMethods } from "../index.ts";

class Index {
  @traced()
  async retrieve(question: string, topK = 3): Promise<string[]> {
    return [question].slice(0, topK);
  }

  @traced("retrieve", {
    input: (question: string) => ({ content: { query: question } }),
    output: (nodes: string[]) => ({ count: nodes.length }),
  })
  async search(question: string, topK = 3): Promise<string[]> {
    return this.retrieve(question, topK);
  }

  @traced({ input: true, output: true })
  async open(path: string): Promise<number> {
    return path.length;
  }

  @tracedSync()
  count(word: string): number {
    return word.length;
  }

  // @ts-expect-error the method gets a number, the recording wants a string
  @traced("retrieve", { input: (question: string) => ({ content: { query: question } }) })
  async find(id: number): Promise<number> {
    return id;
  }

  // @ts-expect-error it is not async
  @traced()
  wrong(word: string): number {
    return word.length;
  }
}

describe("traced", () => {
  it("keeps the types of functions", () => {
    const load = traced(async function load(page: number, name?: string) {
      return `${page}${name}`;
    });
    expectTypeOf(load).parameters.toEqualTypeOf<[page: number, name?: string | undefined]>();
    expectTypeOf(load).returns.toEqualTypeOf<Promise<string>>();
    expectTypeOf(new Index().search).parameters.toEqualTypeOf<
      [question: string, topK?: number | undefined]
    >();
  });

  it("knows the payloads of the type, the arguments and the result", () => {
    const search = traced("retrieve", async (word: string, topK: number) => [word].slice(topK), {
      input: (word, topK) => {
        expectTypeOf(word).toEqualTypeOf<string>();
        expectTypeOf(topK).toEqualTypeOf<number>();
        return { topK, content: () => ({ query: word }) };
      },
      output: (nodes) => {
        expectTypeOf(nodes).toEqualTypeOf<string[]>();
        return { count: nodes.length };
      },
    });
    expectTypeOf(search).returns.toEqualTypeOf<Promise<string[]>>();
    // @ts-expect-error a retrieval has no such fact
    traced("retrieve", async () => {}, { input: () => ({ model: "small" }) });
    // @ts-expect-error only a function_call knows what all arguments mean
    traced("retrieve", async () => {}, { input: true });
    traced("function_call", async (word: string) => word, { input: true, output: true });
    // @ts-expect-error a trace has no payload
    traced("nightly", async () => {}, { input: () => ({}) });
  });

  it("keeps sync functions sync", () => {
    const parse = tracedSync("chunking", (text: string) => text.split(" "), {
      output: (words) => ({ count: words.length }),
    });
    expectTypeOf(parse).returns.toEqualTypeOf<string[]>();
    expectTypeOf(tracedSync("query", (a: number) => a)).returns.toEqualTypeOf<number>();
    const fail = tracedSync("query", () => {
      throw new Error("no");
    });
    expectTypeOf(fail).returns.toEqualTypeOf<never>();
    // @ts-expect-error it is async
    tracedSync("query", async () => 5);
  });
});

describe("traceMethods", () => {
  it("takes the names of async methods", () => {
    expectTypeOf(traceMethods(new Index(), { methods: ["retrieve"] })).toEqualTypeOf<Index>();
    // @ts-expect-error it is not async
    traceMethods(new Index(), { methods: ["count"] });
  });
});
