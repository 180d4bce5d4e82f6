import { describe, expectTypeOf, it } from "vitest";
import {
  type AnyEventEnd,
  type AnyEventStart,
  type CallbackHandler,
  CallbackManager,
  DebugHandler,
  type EventContext,
  traced,
  type Usage,
} from "../index.ts";

declare module "../contract/event-type.ts" {
  interface EventPayloads {
    page_fetch: { start: { url: string; content?: { body: string } }; end: { bytes: number } };
  }
}

const manager = new CallbackManager();

describe("events", () => {
  it("have the type of their body's result", () => {
    expectTypeOf(manager.event("query", () => 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(manager.event("query", async () => "a")).toEqualTypeOf<Promise<string>>();
    expectTypeOf(manager.event("query", {}, () => null)).toEqualTypeOf<Promise<null>>();
    expectTypeOf(manager.asTrace("job", async () => [1])).toEqualTypeOf<Promise<number[]>>();
  });

  it("have typed payloads, also those of users, without casts", () => {
    void manager.event("page_fetch", { url: "x", content: () => ({ body: "y" }) }, (event) => {
      expectTypeOf(event).toEqualTypeOf<EventContext<"page_fetch">>();
      event.set({ bytes: 3 });
      // @ts-expect-error a number is asked for
      event.set({ bytes: "3" });
    });
    // @ts-expect-error the address is missing
    void manager.event("page_fetch", {}, () => {});
    // @ts-expect-error the payload is missing as a whole
    void manager.event("page_fetch", () => {});
    // @ts-expect-error no such type
    void manager.event("page_fetched", () => {});
    // @ts-expect-error a query knows no model
    void manager.event("query", { model: "m" }, () => {});
  });

  it("are narrowed by their type in a handler", () => {
    const handler: CallbackHandler = {
      onEventEnd(event) {
        expectTypeOf(event).toEqualTypeOf<AnyEventEnd>();
        if (event.type === "embedding") {
          expectTypeOf(event.endPayload.usage).toEqualTypeOf<Usage | undefined>();
          expectTypeOf(event.payload.content?.texts).toEqualTypeOf<readonly string[] | undefined>();
        }
        if (event.type === "page_fetch") expectTypeOf(event.payload.url).toEqualTypeOf<string>();
      },
    };
    expectTypeOf(handler).toExtend<CallbackHandler>();
  });

  it("are narrowed by the type that a debug handler is asked for", () => {
    const debug = new DebugHandler();
    expectTypeOf(debug.getEventPairs()).toEqualTypeOf<(readonly [AnyEventStart, AnyEventEnd])[]>();
    const [start, end] = debug.getEventPairs("embedding")[0]!;
    expectTypeOf(start.payload.model).toEqualTypeOf<string | undefined>();
    expectTypeOf(end.endPayload.usage).toEqualTypeOf<Usage | undefined>();
    // @ts-expect-error an embedding has no finish reason
    void end.endPayload.finishReason;
    const [, call] = debug.getLlmInputsOutputs()[0]!;
    expectTypeOf(call.endPayload.finishReason).toEqualTypeOf<string | undefined>();
    const logged = debug.getEvents("page_fetch")[0]!;
    if (logged.phase === "end") expectTypeOf(logged.event.endPayload.bytes).toEqualTypeOf<number>();
    const either = debug.getEventPairs(Math.random() < 0.5 ? "query" : "llm")[0]!;
    expectTypeOf(either[0].type).toEqualTypeOf<"query" | "llm">();
  });

  it("stream what their source yields", () => {
    async function* words(): AsyncGenerator<string> {
      yield "a";
    }
    const stream = manager.stream("llm", {}, words());
    expectTypeOf(stream).toExtend<AsyncIterable<string> & AsyncDisposable>();
  });
});

describe("usage", () => {
  // As the SDKs of OpenAI, Anthropic and Google declare them.
  interface OpenAi {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details?: { cached_tokens?: number };
  }
  interface Anthropic {
    input_tokens: number;
    output_tokens: number;
    cache_read_input_tokens: number | null;
  }
  interface Google {
    usageMetadata?: { promptTokenCount?: number };
  }

  it("may be in the words of a service", () => {
    type Given = Parameters<EventContext<"llm">["set"]>[0]["usage"];
    expectTypeOf<OpenAi>().toExtend<Given>();
    expectTypeOf<Anthropic>().toExtend<Given>();
    expectTypeOf<Google>().toExtend<Given>();
    expectTypeOf<undefined>().toExtend<Given>();
    void manager.event("llm", (event) => {
      // @ts-expect-error no service says so
      event.set({ usage: { promptToken: 1 } });
    });
  });
});

it("traced keeps arguments and results", () => {
  const ask = traced("query", (question: string, count: number) => question.length + count);
  expectTypeOf(ask).parameters.toEqualTypeOf<[question: string, count: number]>();
  expectTypeOf(ask("a", 1)).toEqualTypeOf<Promise<number>>();
});

describe("traced generators", () => {
  it("stay generators", () => {
    const words = traced("llm", async function* (prompt: string): AsyncGenerator<string, number, boolean> {
      return (yield prompt) ? 1 : 0;
    });
    expectTypeOf(words).toEqualTypeOf<
      (this: unknown, prompt: string) => AsyncGenerator<string, number, boolean>
    >();
    const numbers = traced("nightly", function* (): Generator<number, string, boolean> {
      return (yield 1) ? "yes" : "no";
    });
    expectTypeOf(numbers()).toEqualTypeOf<Generator<number, string, boolean>>();
    expectTypeOf(traced("llm", async () => words("a"))).returns.toEqualTypeOf<
      Promise<AsyncGenerator<string, number, boolean>>
    >();
  });

  it("may be methods", () => {
    class Index {
      @traced("retrieve")
      async find(topK: number): Promise<string[]> {
        return [String(topK)];
      }

      @traced("retrieve")
      async *read(topK: number): AsyncGenerator<string> {
        yield String(topK);
      }

      @traced("retrieve")
      *list(): Generator<number> {
        yield 1;
      }

      // @ts-expect-error a method that gives neither a promise nor a generator
      @traced("retrieve")
      count(): number {
        return 1;
      }
    }
    expectTypeOf(new Index().read(1)).toEqualTypeOf<AsyncGenerator<string>>();
    expectTypeOf(new Index().find(1)).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(new Index().list()).toEqualTypeOf<Generator<number>>();
  });
});
