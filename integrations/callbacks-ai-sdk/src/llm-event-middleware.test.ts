import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  type AnyEventEnd,
  type CallbackHandler,
  CallbackManager,
  DebugHandler,
  setGlobalHandlers,
  TokenBudgetError,
  TokenCountingHandler,
} from "@llx/callbacks";
import { generateText, streamText, type ToolSet, wrapLanguageModel } from "ai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ChatServer, startChatServer } from "../../../tests/fake-chat-server.ts";
import { llmEventMiddleware } from "./index.ts";

let server: ChatServer;
let debug: DebugHandler;

beforeEach(async () => {
  server = await startChatServer();
  debug = new DebugHandler({ capture: "full" });
});

afterEach(async () => {
  setGlobalHandlers([]);
  await server[Symbol.asyncDispose]();
});

const managerWith = (...handlers: CallbackHandler[]): CallbackManager => new CallbackManager({ handlers });

/** The model, with its calls recorded by a manager, or by the current one. */
function modelFor(callbackManager?: CallbackManager) {
  const openai = createOpenAICompatible({ name: "local", baseURL: server.url, includeUsage: true });
  return wrapLanguageModel({ model: openai("parrot"), middleware: llmEventMiddleware({ callbackManager }) });
}

const llmEvents = (): AnyEventEnd[] => debug.getEventPairs("llm").map(([, end]) => end);
const failure = (work: PromiseLike<unknown>): PromiseLike<unknown> =>
  work.then(undefined, (error: unknown) => error);

/** The parts of a stream, and how it ends. */
async function read(stream: AsyncIterable<{ readonly type: string }>): Promise<unknown[]> {
  const parts: unknown[] = [];
  try {
    for await (const part of stream) parts.push("error" in part ? part.error : part.type);
  } catch (error) {
    parts.push(error);
  }
  return parts;
}

const prompt = [{ role: "user", content: [{ type: "text", text: "why?" }] }];
const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const answered = {
  type: "llm",
  status: "ok",
  payload: { provider: "local.chat", model: "parrot", content: { prompt } },
  endPayload: {
    model: "parrot-2",
    requestId: "answer-1",
    finishReason: "stop",
    usage,
    content: { completion: "Because so" },
  },
};

describe("generateText", () => {
  it("is an event with prompt, response and usage", async () => {
    const { text } = await generateText({ model: modelFor(managerWith(debug)), prompt: "why?" });
    expect(text).toBe("Because so");
    expect(llmEvents()).toMatchObject([answered]);
  });

  it('shows no texts to a handler with capture: "sizes"', async () => {
    const sizes = new DebugHandler();
    await generateText({ model: modelFor(managerWith(sizes)), prompt: "why?" });
    const [[, { payload, endPayload }]] = sizes.getEventPairs("llm") as [readonly [unknown, AnyEventEnd]];
    expect(payload).toEqual({ provider: "local.chat", model: "parrot" });
    expect(endPayload).toEqual({ model: "parrot-2", requestId: "answer-1", finishReason: "stop", usage });
  });

  it("records tool calls", async () => {
    const tools: ToolSet = { look: { inputSchema: z.object({ at: z.string() }) } };
    await generateText({ model: modelFor(managerWith(debug)), prompt: "why?", tools });
    expect(llmEvents()[0]!.endPayload).toMatchObject({
      finishReason: "tool-calls",
      content: {
        completion: [
          { type: "text", text: "Because so" },
          { type: "tool-call", toolName: "look", input: '{"at":"it"}' },
        ],
      },
    });
  });

  it("is an event of the trace around it, by that trace's manager", async () => {
    const manager = managerWith(debug);
    await Promise.all(
      ["one", "two"].map((name) =>
        manager.asTrace(name, () =>
          manager.event("query", () => generateText({ model: modelFor(), prompt: "why?" })),
        ),
      ),
    );
    const queries = debug.getEvents("query").map(({ event }) => [event.traceName, event.id] as const);
    const parents = llmEvents().map(({ traceName, parentId }) => [traceName, parentId] as const);
    expect(parents).toHaveLength(2);
    expect(new Map(parents)).toEqual(new Map(queries));
  });

  it("goes to the global handlers without a manager, and is not recorded without either", async () => {
    setGlobalHandlers([debug]);
    await generateText({ model: modelFor(), prompt: "why?" });
    setGlobalHandlers([]);
    await generateText({ model: modelFor(), prompt: "why?" });
    expect(await streamText({ model: modelFor(), prompt: "why?" }).text).toBe("Because so");
    expect(server.questions).toHaveLength(3);
    expect(llmEvents()).toMatchObject([answered]);
  });

  it("is one event per attempt", async () => {
    server.plan({ status: 503, message: "busy", wait: 1 });
    await generateText({ model: modelFor(managerWith(debug)), prompt: "why?" });
    expect(llmEvents()).toMatchObject([{ status: "error", error: { statusCode: 503 } }, { status: "ok" }]);
  });

  it("stops at a budget, before the next request", async () => {
    const counter = new TokenCountingHandler({ tokenBudget: 4 });
    const model = modelFor(managerWith(counter));
    expect((await generateText({ model, prompt: "why?" })).text).toBe("Because so");
    expect(await failure(generateText({ model, prompt: "why?" }))).toBeInstanceOf(TokenBudgetError);
    expect(server.questions).toHaveLength(1);
    expect(counter).toMatchObject({ promptTokens: 3, completionTokens: 2, uncountedEvents: 0 });
  });

  it("ends its event as aborted, and the request, when it is aborted", async () => {
    server.plan("hold");
    const stop = new AbortController();
    const call = failure(
      generateText({ model: modelFor(managerWith(debug)), prompt: "why?", abortSignal: stop.signal }),
    );
    await server.asked;
    stop.abort();
    expect(await call).toMatchObject({ name: "AbortError" });
    await server.left;
    expect(llmEvents()).toMatchObject([{ status: "aborted" }]);
  });
});

describe("streamText", () => {
  it("is an event with its chunks, prompt, response and usage", async () => {
    const pieces: unknown[] = [];
    const listener: CallbackHandler = {
      capture: "full",
      onEventChunk: (event, chunk) => void pieces.push([event.type, chunk]),
    };
    const { text } = streamText({ model: modelFor(managerWith(debug, listener)), prompt: "why?" });
    expect(await text).toBe("Because so");
    expect(llmEvents()).toMatchObject([answered]);
    expect(pieces).toEqual([
      ["llm", { index: 0, content: "Because" }],
      ["llm", { index: 1, content: " so" }],
    ]);
  });

  it("is an event of the trace around it", async () => {
    const manager = managerWith(debug);
    await manager.event("query", async () => {
      await streamText({ model: modelFor(), prompt: "why?" }).text;
    });
    expect(llmEvents()[0]!.parentId).toBe(debug.getEvents("query")[0]!.event.id);
  });

  it("stops at a budget, before the next request", async () => {
    const model = modelFor(managerWith(new TokenCountingHandler({ tokenBudget: 4 })));
    const first = await read(streamText({ model, prompt: "why?" }).stream);
    expect(first.slice(2, 6)).toEqual(["text-start", "text-delta", "text-delta", "text-end"]);
    expect(first.at(-1)).toBe("finish");
    const second = await read(streamText({ model, prompt: "why?", onError() {} }).stream);
    expect(second).toEqual(["start", expect.any(TokenBudgetError)]);
    expect(server.questions).toHaveLength(1);
  });

  it.each([
    ["is refused", { status: 400, message: "no such model" }, "no such model", {}],
    ["breaks off", "break", "Failed to process successful response", { completion: "Because" }],
    ["tells of an error", "error", "lost the thread", { completion: "Because" }],
  ] as const)("ends its event with the error, where it %s", async (_what, plan, message, content) => {
    server.plan(plan);
    const manager = managerWith(debug);
    const parts = await read(streamText({ model: modelFor(manager), prompt: "why?", onError() {} }).stream);
    expect(parts).toContainEqual(expect.objectContaining({ message }));
    expect(llmEvents()).toMatchObject([{ status: "error", error: { message } }]);
    expect(llmEvents()[0]!.endPayload).toMatchObject("completion" in content ? { content } : {});
    expect(manager.openEvents).toBe(0);
  });

  it("ends its event as aborted when it is left with its signal, and the request too", async () => {
    server.plan("hold");
    const manager = managerWith(debug);
    const stop = new AbortController();
    const { textStream } = streamText({
      model: modelFor(manager),
      prompt: "why?",
      abortSignal: stop.signal,
    });
    for await (const words of textStream) {
      expect(words).toBe("Because");
      break;
    }
    expect(manager.openEvents).toBe(1);
    stop.abort(new Error("enough"));
    await server.left;
    expect(llmEvents()).toMatchObject([
      { status: "aborted", endPayload: { content: { completion: "Because" } } },
    ]);
    expect(manager.openEvents).toBe(0);
  });

  it("ends its event as ok, and the request, when the model's own stream is cancelled", async () => {
    server.plan("hold");
    const model = modelFor(managerWith(debug));
    const { stream } = await model.doStream({ prompt: [] });
    for await (const part of stream) if (part.type === "text-delta") break;
    await server.left;
    expect(llmEvents()).toMatchObject([{ status: "ok", endPayload: { content: { completion: "Because" } } }]);
  });

  it("keeps concurrent calls apart", async () => {
    const model = modelFor(managerWith(debug));
    const questions = ["one", "two", "three"];
    await Promise.all(questions.map((question) => streamText({ model, prompt: question }).text));
    const asked = llmEvents().map(({ payload }) => JSON.stringify(payload));
    for (const question of questions) expect(asked.filter((text) => text.includes(question))).toHaveLength(1);
    expect(llmEvents().map(({ endPayload }) => endPayload)).toMatchObject(
      questions.map(() => answered.endPayload),
    );
  });
});

it("refuses a wrong name of an option", () => {
  expect(() => llmEventMiddleware({ callbackManagers: 1 } as never)).toThrow(
    new TypeError("there is no option callbackManagers; did you mean callbackManager?"),
  );
});
