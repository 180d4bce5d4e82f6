import { LLM } from "@langchain/core/language_models/llms";
import { RunnableLambda } from "@langchain/core/runnables";
import { ChatOpenAI } from "@langchain/openai";
import {
  type AnyEventEnd,
  type CallbackHandler,
  CallbackManager,
  DebugHandler,
  setGlobalHandlers,
  TokenBudgetError,
  TokenCountingHandler,
} from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ChatServer, startChatServer } from "../../../tests/fake-chat-server.ts";
import { LlmEventHandler } from "./index.ts";

let server: ChatServer;
let debug: DebugHandler;

beforeEach(async () => {
  server = await startChatServer();
  debug = new DebugHandler({ capture: "full" });
});

afterEach(async () => {
  vi.restoreAllMocks();
  setGlobalHandlers([]);
  await server[Symbol.asyncDispose]();
});

const managerWith = (...handlers: CallbackHandler[]): CallbackManager => new CallbackManager({ handlers });

/** The model, with its calls recorded by a manager, or by the current one. */
function modelFor(callbackManager?: CallbackManager, maxRetries = 0): ChatOpenAI {
  return new ChatOpenAI({
    model: "parrot",
    apiKey: "sk-a-key",
    maxRetries,
    configuration: { baseURL: server.url },
    callbacks: [new LlmEventHandler({ callbackManager })],
  });
}

const llmEvents = (): AnyEventEnd[] => debug.getEventPairs("llm").map(([, end]) => end);
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(undefined, (error: unknown) => error);

/** The chunks of a stream that are not empty. */
async function read(stream: Promise<AsyncIterable<{ readonly text: string }>>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const { text } of await stream) if (text !== "") pieces.push(text);
  return pieces;
}

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const answered = {
  type: "llm",
  status: "ok",
  payload: { provider: "openai", model: "parrot", content: { prompt: [{ role: "human", content: "why?" }] } },
  endPayload: {
    model: "parrot-2",
    requestId: "answer-1",
    finishReason: "stop",
    usage,
    content: { completion: "Because so" },
  },
};

describe("a call of a chat model", () => {
  it("is an event with prompt, response and usage", async () => {
    expect((await modelFor(managerWith(debug)).invoke("why?")).text).toBe("Because so");
    expect(llmEvents()).toMatchObject([answered]);
  });

  it('shows no texts to a handler with capture: "sizes"', async () => {
    const sizes = new DebugHandler();
    await modelFor(managerWith(sizes)).invoke("why?");
    const [[, { payload, endPayload }]] = sizes.getEventPairs("llm") as [readonly [unknown, AnyEventEnd]];
    expect(payload).toEqual({ provider: "openai", model: "parrot" });
    expect(endPayload).toEqual({ model: "parrot-2", requestId: "answer-1", finishReason: "stop", usage });
  });

  it("records tool calls", async () => {
    const look = { type: "function", function: { name: "look", parameters: { type: "object" } } } as const;
    await modelFor(managerWith(debug)).bindTools([look]).invoke("why?");
    const toolCalls = [{ name: "look", args: { at: "it" }, id: "call-1", type: "tool_call" }];
    expect(llmEvents()[0]!.endPayload).toEqual({
      ...answered.endPayload,
      finishReason: "tool_calls",
      content: { completion: { content: "Because so", toolCalls } },
    });
  });

  it("is an event of the trace around it, by that trace's manager, also within chains", async () => {
    const manager = managerWith(debug);
    const chain = RunnableLambda.from((question: string) => `${question}?`).pipe(modelFor());
    await Promise.all(
      ["one", "two"].map((name) =>
        manager.asTrace(name, () => manager.event("query", () => chain.invoke(name))),
      ),
    );
    const queries = debug.getEvents("query").map(({ event }) => [event.traceName, event.id] as const);
    const parents = llmEvents().map(({ traceName, parentId }) => [traceName, parentId] as const);
    expect(parents).toHaveLength(2);
    expect(new Map(parents)).toEqual(new Map(queries));
    for (const { traceName, payload } of llmEvents()) {
      expect(payload).toMatchObject({ content: { prompt: [{ content: `${traceName}?` }] } });
    }
  });

  it("goes to the global handlers without a manager, and is not recorded without either", async () => {
    setGlobalHandlers([debug]);
    await modelFor().invoke("why?");
    setGlobalHandlers([]);
    await modelFor().invoke("why?");
    expect(await read(modelFor().stream("why?"))).toEqual(["Because", " so"]);
    expect(llmEvents()).toMatchObject([answered]);
  });

  it("is one event, however often LangChain retries", async () => {
    server.plan({ status: 503, message: "busy", wait: 1 });
    await modelFor(managerWith(debug), 1).invoke("why?");
    expect(server.questions).toHaveLength(2);
    expect(llmEvents()).toMatchObject([answered]);
  });

  it("ends its event with the error if it is refused", async () => {
    server.plan({ status: 400, message: "no such model" });
    const manager = managerWith(debug);
    const error = await failure(modelFor(manager).invoke("why?"));
    expect(error).toMatchObject({ message: "400 no such model" });
    expect(llmEvents()).toMatchObject([{ status: "error", endPayload: {} }]);
    expect(llmEvents()[0]!.error).toBe(error);
    expect(manager.openEvents).toBe(0);
  });

  it("stops at a budget, before the next request", async () => {
    // LangChain prints what it throws.
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const counter = new TokenCountingHandler({ tokenBudget: 4 });
    const model = modelFor(managerWith(counter));
    expect((await model.invoke("why?")).content).toBe("Because so");
    expect(await failure(model.invoke("why?"))).toBeInstanceOf(TokenBudgetError);
    expect(server.questions).toHaveLength(1);
    expect(counter).toMatchObject({ promptTokens: 3, completionTokens: 2, uncountedEvents: 0 });
    expect(printed).toHaveBeenCalledTimes(1);
  });

  it("ends its event as aborted, and the request, when it is aborted", async () => {
    server.plan("hold");
    const stop = new AbortController();
    const call = failure(modelFor(managerWith(debug)).invoke("why?", { signal: stop.signal }));
    await server.asked;
    stop.abort();
    expect(await call).toBeInstanceOf(Error);
    await server.left;
    expect(llmEvents()).toMatchObject([{ status: "aborted" }]);
  });
});

describe("a stream of a chat model", () => {
  it("is an event with its chunks, prompt, response and usage", async () => {
    const pieces: unknown[] = [];
    const listener: CallbackHandler = {
      capture: "full",
      onEventChunk: (event, chunk) => void pieces.push([event.type, chunk]),
    };
    const manager = managerWith(debug, listener);
    await manager.event("query", () => read(modelFor().stream("why?")));
    expect(llmEvents()).toMatchObject([answered]);
    expect(llmEvents()[0]!.parentId).toBe(debug.getEvents("query")[0]!.event.id);
    expect(pieces).toEqual([
      ["llm", { index: 0, content: "Because" }],
      ["llm", { index: 1, content: " so" }],
    ]);
  });

  it.each([
    ["breaks off", "break", "terminated"],
    ["tells of an error", "error", "lost the thread"],
  ] as const)("ends its event with the error, where it %s", async (_what, plan, message) => {
    server.plan(plan);
    const manager = managerWith(debug);
    const error = await failure(read(modelFor(manager).stream("why?")));
    expect(error).toMatchObject({ message });
    expect(llmEvents()).toMatchObject([{ status: "error" }]);
    expect(llmEvents()[0]!.error).toBe(error);
    expect(manager.openEvents).toBe(0);
  });

  it("stops at a budget", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const model = modelFor(managerWith(new TokenCountingHandler({ tokenBudget: 4 })));
    expect(await read(model.stream("why?"))).not.toEqual([]);
    expect(await failure(read(model.stream("why?")))).toBeInstanceOf(TokenBudgetError);
    expect(server.questions).toHaveLength(1);
  });

  it("ends its event as aborted, and the request, when it is aborted", async () => {
    server.plan("hold");
    const manager = managerWith(debug);
    const stop = new AbortController();
    const stream = await modelFor(manager).stream("why?", { signal: stop.signal });
    const words = async (): Promise<void> => {
      for await (const { text } of stream) if (text === "Because") stop.abort(new Error("enough"));
    };
    expect(await failure(words())).toBeInstanceOf(Error);
    await server.left;
    expect(llmEvents()).toMatchObject([{ status: "aborted" }]);
    expect(manager.openEvents).toBe(0);
  });

  it("ends its event when it is left and then aborted", async () => {
    const manager = managerWith(debug);
    const stop = new AbortController();
    for await (const { text } of await modelFor(manager).stream("why?", { signal: stop.signal })) {
      expect(text).toBe("Because");
      break;
    }
    expect(manager.openEvents).toBe(1);
    stop.abort();
    expect(llmEvents()).toMatchObject([{ status: "aborted" }]);
    expect(manager.openEvents).toBe(0);
  });

  it("keeps concurrent calls through one handler apart", async () => {
    const model = modelFor(managerWith(debug));
    const questions = ["one", "two", "three"];
    server.plan(undefined, { status: 400, message: "not this one" });
    const results = await Promise.allSettled(questions.map((question) => read(model.stream(question))));
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    const refused = questions[results.findIndex(({ status }) => status === "rejected")];
    for (const { payload, status } of llmEvents()) {
      const { content } = payload as { content: { prompt: { content: string }[] } };
      expect(status).toBe(content.prompt[0]!.content === refused ? "error" : "ok");
    }
    expect(llmEvents()).toHaveLength(3);
  });
});

/** An LLM that repeats its prompt. */
class Echo extends LLM {
  _llmType(): string {
    return "echo";
  }

  async _call(prompt: string): Promise<string> {
    return `You ask: ${prompt}`;
  }
}

describe("a call of an LLM", () => {
  it("is an event for each prompt, with unknown usage if it is not reported", async () => {
    const counter = new TokenCountingHandler();
    const callbacks = [new LlmEventHandler({ callbackManager: managerWith(debug, counter) })];
    await new Echo({ callbacks }).generate(["why?", "why not?"]);
    const event = (question: string): object => ({
      status: "ok",
      payload: { provider: "Echo", content: { prompt: question } },
      endPayload: { content: { completion: `You ask: ${question}` } },
    });
    expect(llmEvents()).toMatchObject([event("why?"), event("why not?")]);
    expect(llmEvents()[0]!.endPayload).not.toHaveProperty("usage");
    expect(counter.uncountedEvents).toBe(2);
  });
});

it("refuses a wrong name of an option", () => {
  expect(() => new LlmEventHandler({ callbackManagers: 1 } as never)).toThrow(
    new TypeError("there is no option callbackManagers; did you mean callbackManager?"),
  );
});
