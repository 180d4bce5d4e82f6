import { CallbackManager } from "@llx/callbacks";
import { afterEach, describe, expect, it } from "vitest";
import { RecordedTelemetry } from "./testing/record-telemetry.ts";

let recorded: RecordedTelemetry;
afterEach(() => recorded.aclose());

function json(value: unknown): unknown {
  return JSON.parse(value as string);
}

describe("content, when capture is enabled", () => {
  it("is messages for a language model", async () => {
    recorded = new RecordedTelemetry({ captureContent: true });
    const prompt = [
      { role: "system", content: "Be short." },
      {
        role: "user",
        content: [
          { type: "text", text: "Why tides?" },
          { type: "image", url: "u" },
        ],
      },
    ];
    await recorded.manager.event("llm", { model: "m", content: { prompt } }, (event) =>
      event.set({ finishReason: "stop", content: { completion: "The moon." } }),
    );
    const { attributes } = recorded.span("chat m");
    expect(json(attributes["gen_ai.input.messages"])).toEqual([
      { role: "system", parts: [{ type: "text", content: "Be short." }] },
      {
        role: "user",
        parts: [
          { type: "text", content: "Why tides?" },
          { type: "image", url: "u" },
        ],
      },
    ]);
    expect(json(attributes["gen_ai.output.messages"])).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "The moon." }], finish_reason: "stop" },
    ]);
  });

  it("joins the chunks of a stream", async () => {
    recorded = new RecordedTelemetry({ captureContent: true });
    async function* write(): AsyncGenerator<string> {
      yield "The ";
      yield "moon.";
    }
    const words: string[] = [];
    const stream = recorded.manager.stream("llm", { model: "m", content: { prompt: "Why?" } }, write);
    for await (const word of stream) words.push(word);
    const { attributes } = recorded.span("chat m");
    expect(json(attributes["gen_ai.input.messages"])).toEqual([
      { role: "user", parts: [{ type: "text", content: "Why?" }] },
    ]);
    expect(json(attributes["gen_ai.output.messages"])).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "The moon." }], finish_reason: "unknown" },
    ]);
  });

  it("is the texts of an embedding, and never its vectors", async () => {
    recorded = new RecordedTelemetry({ captureContent: true });
    await recorded.manager.event("embedding", { model: "m", content: { texts: ["a", "b"] } }, (event) =>
      event.set({ content: { vectors: [[0.125], [0.25]] } }),
    );
    const { attributes } = recorded.span("embeddings m");
    expect(attributes["llx.input"]).toBe('{"texts":["a","b"]}');
    expect(attributes).not.toHaveProperty("llx.output");
    expect(JSON.stringify(attributes)).not.toContain("0.125");
  });

  it("is what redact leaves of it", async () => {
    recorded = new RecordedTelemetry({ captureContent: true });
    const manager = new CallbackManager({
      handlers: [recorded.handler],
      redact: (payload, { type }) => ({ ...payload, content: type === "llm" ? null : "removed" }),
    });
    await manager.event("llm", { model: "m", content: { prompt: "why?" } }, () => {});
    await manager.event("query", { content: { query: "why?" } }, () => {});
    expect(recorded.span("chat m").attributes).not.toHaveProperty("gen_ai.input.messages");
    expect(recorded.span("query").attributes).toEqual({ "llx.input": '"removed"' });
  });

  it("is JSON for other events, if possible", async () => {
    recorded = new RecordedTelemetry({ captureContent: true });
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    await recorded.manager.event("query", { content: { query: "why?" } }, (event) =>
      event.set({ content: { response: cycle } }),
    );
    const { attributes } = recorded.span("query");
    expect(attributes["llx.input"]).toBe('{"query":"why?"}');
    expect(attributes["llx.output"]).toBe("[cannot be written as JSON]");
  });
});
