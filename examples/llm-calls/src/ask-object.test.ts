import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { NoObjectGeneratedError } from "ai";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { askObjects } from "./ask-object.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";
import { openModel } from "./open-model.ts";

const City = z.object({ city: z.string(), population: z.number() });
const { signal } = new AbortController();

let server: FakeServer;
let debug: DebugHandler;
let tokens: TokenCountingHandler;
let manager: CallbackManager;

beforeEach(async () => {
  server = await startFakeServer();
  onTestFinished(() => server.aclose());
  debug = new DebugHandler({ capture: "full" });
  tokens = new TokenCountingHandler();
  manager = new CallbackManager({ handlers: [debug, tokens] });
});

const ask = <T>(schema: z.ZodType<T>, ...questions: readonly string[]): Promise<T[]> =>
  askObjects(openModel(server.url), schema, questions, signal, manager);

describe("an answer as an object", () => {
  it("is parsed and checked", async () => {
    expect(await ask(City, "Rome")).toEqual([{ city: "Rome", population: 2_800_000 }]);
    expect(server.answered).toBe(1);
  });

  it("that is invalid is sent back with what is wrong, and asked for again", async () => {
    expect(await ask(City, "Paris", "Oslo")).toEqual([
      { city: "Paris", population: 2_100_000 },
      { city: "Oslo", population: 700_000 },
    ]);
    const calls = debug.getEventPairs("llm").filter(([{ payload }]) => payload.attempt === 2);
    const dialogues = calls.map(([{ payload }]) => payload.content!.prompt) as { content: string }[][];
    const [paris, oslo] = dialogues.toSorted((a, b) => b[0]!.content.localeCompare(a[0]!.content));
    expect(paris).toEqual([
      { role: "user", content: "Paris" },
      { role: "assistant", content: '{ "city": "Paris", "population": "two million" }' },
      {
        role: "user",
        content: expect.stringMatching(/^This is not valid: [^]*expected number[^]*JSON only\.$/),
      },
    ]);
    expect(oslo?.[2]).toEqual({ role: "user", content: expect.stringContaining("JSON parsing failed") });
  });

  it("counts the tokens of invalid ones, which cost as much", async () => {
    await ask(City, "Paris", "Rome", "Oslo");
    expect(server.answered).toBe(5);
    expect(tokens.totalTokens).toBe(server.tokens);
    expect(tokens.uncountedEvents).toBe(0);
  });

  it("fails after three invalid ones", async () => {
    const Mayor = z.object({ mayor: z.string() });
    await expect(ask(Mayor, "Rome")).rejects.toSatisfy(NoObjectGeneratedError.isInstance);
    expect(server.answered).toBe(3);
  });
});
