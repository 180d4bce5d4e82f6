import { afterEach, describe, expect, it, vi } from "vitest";
import { CallbackManager, continueTrace, PrintingHandler, withTags } from "../index.ts";

it("writes starts and ends to the logger, indented, with facts and without content", async () => {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  try {
    const lines: string[] = [];
    const handler = new PrintingHandler({ logger: { info: (line) => void lines.push(line) } });
    const manager = new CallbackManager({ handlers: [handler] });
    const failing = manager.event("query", { content: { query: "secret" } }, async () => {
      await manager.event("embedding", { model: "m", count: 2, content: { texts: ["secret"] } }, (event) => {
        event.set({ dimensions: 3, usage: { inputTokens: 1 } });
      });
      await manager
        .event("retrieve", () => Promise.reject(new DOMException("stop", "AbortError")))
        .catch(() => {});
      await manager.event("synthesize", () => Promise.reject(new Error("no answer")));
    });
    await expect(failing).rejects.toThrow("no answer");
    expect(lines).toEqual([
      "> query",
      "  > embedding model=m count=2",
      "  < embedding 0 µs dimensions=3",
      "  > retrieve",
      "  < retrieve 0 µs aborted",
      "  > synthesize",
      "  < synthesize 0 µs failed: Error: no answer",
      "< query 0 µs failed",
    ]);
  } finally {
    now.mockRestore();
  }
});

function printing() {
  vi.spyOn(performance, "now").mockReturnValue(0);
  const lines: string[] = [];
  const logger = { info: (line: string) => void lines.push(line) };
  const manager = new CallbackManager({ handlers: [new PrintingHandler({ logger, capture: "full" })] });
  return { lines, manager };
}

afterEach(() => vi.restoreAllMocks());

describe("with capture full", () => {
  it("prints prompts and completions as a person reads them", async () => {
    const { lines, manager } = printing();
    const prompt = [
      { role: "system", content: "Be brief.\nBe right." },
      { role: "user", content: [{ type: "text", text: "Why tides?" }] },
    ];
    await manager.event("query", { content: { query: "tides" } }, (query) => {
      query.set({ content: { response: { why: "the moon" } } });
      return manager.event("llm", { model: "small", content: { prompt } }, (event) => {
        event.set({ finishReason: "stop", content: { completion: "The moon." } });
      });
    });
    expect(lines).toEqual([
      "> query",
      "  | query: tides",
      "  > llm model=small",
      "    | system: Be brief.",
      "    | Be right.",
      "    | user: Why tides?",
      "    | The moon.",
      "  < llm 0 µs finishReason=stop",
      '  | response: {"why":"the moon"}',
      "< query 0 µs",
    ]);
  });

  it("prints the lines of a stream as they come, and the completion only once", async () => {
    const { lines, manager } = printing();
    const chunks = [
      "The ",
      "moon\nmakes",
      { choices: [{ delta: { content: " the" } }] },
      {},
      { delta: { text: " tides" } },
    ];
    const stream = manager.stream("llm", {}, async function* (event) {
      yield* chunks;
      event.set({ content: { completion: "The moon\nmakes the tides" } });
    });
    const seen: number[] = [];
    for await (const chunk of stream) seen.push(chunk === chunks[0] ? lines.length : 0);
    expect(seen[0]).toBe(1);
    expect(lines).toEqual(["> llm", "  | The moon", "  | makes the tides", "< llm 0 µs"]);
  });

  it("shortens vectors and long content, and leaves out what would steer a terminal", async () => {
    const { lines, manager } = printing();
    const vector = new Float32Array(1536);
    const texts = ["x".repeat(600), "\u001b[2Jy"];
    await manager.event("embedding", { content: { texts } }, (event) => {
      event.set({ content: { vectors: [vector, [1, 2]] } });
    });
    expect(lines).toEqual([
      "> embedding",
      `  | texts: ${"x".repeat(500)}… (606 characters)`,
      '  | vectors: ["[1536 numbers]",[1,2]]',
      "< embedding 0 µs",
    ]);
    await manager.event("retrieve", { content: { query: "\u001b[2Jtides\r" } }, () => {});
    expect(lines[5]).toBe("  | query: [2Jtides");
  });

  it("prints content that is no object, as redact may leave it", async () => {
    const { lines, manager } = printing();
    await manager.event("query", { content: "removed" as never }, () => {});
    expect(lines).toEqual(["> query", "  | removed", "< query 0 µs"]);
  });
});

it("prints tags where they are set", async () => {
  const { lines, manager } = printing();
  await withTags({ tenant: "a" }, () =>
    manager.event("query", () =>
      manager.event("retrieve", () => withTags({ user: "1" }, () => manager.event("tree", () => {}))),
    ),
  );
  expect(lines.filter((line) => line.includes(">"))).toEqual([
    "> query [tenant=a]",
    "  > retrieve",
    "    > tree [user=1]",
  ]);
});

it("prints no control characters of a tag that another process has sent", async () => {
  const { lines, manager } = printing();
  await continueTrace({ baggage: "tenant=%1b%5b2Ja;llx" }, () => manager.event("query", () => {}));
  expect(lines[0]).toBe("> query [tenant=[2Ja]");
});

it("writes to the console without a logger", async () => {
  const info = vi.spyOn(console, "info").mockImplementation(() => {});
  try {
    const manager = new CallbackManager({ handlers: [new PrintingHandler()] });
    await manager.event("query", () => {});
    expect(info).toHaveBeenCalledTimes(2);
  } finally {
    info.mockRestore();
  }
});
