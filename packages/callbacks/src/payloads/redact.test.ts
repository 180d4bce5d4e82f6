import { describe, expect, it, vi } from "vitest";
import { CallbackManager, DebugHandler } from "../index.ts";
import { Recorder } from "../testing/recorder.ts";

describe("capture", () => {
  it('"full" collects content only for a handler that asks, and shows it to that one alone', async () => {
    const sizes = new Recorder();
    const full = Object.assign(new Recorder(), { capture: "full" as const });
    const collect = vi.fn(() => ({ texts: ["secret"] }));
    const run = (manager: CallbackManager): Promise<void> =>
      manager.event("embedding", { count: 1, content: collect }, (event) => {
        event.set({ dimensions: 2, content: { vectors: [[1, 2]] } });
      });
    await run(new CallbackManager({ handlers: [sizes] }));
    expect(collect).not.toHaveBeenCalled();
    await run(new CallbackManager({ handlers: [sizes, full] }));
    expect(collect).toHaveBeenCalledOnce();
    for (const event of sizes.ends) {
      expect(event.payload).toEqual({ count: 1 });
      expect(event.endPayload).toEqual({ dimensions: 2 });
    }
    expect(full.ends[0]!.payload).toEqual({ count: 1, content: { texts: ["secret"] } });
    expect(full.ends[0]!.endPayload).toEqual({ dimensions: 2, content: { vectors: [[1, 2]] } });
    expect(full.ends[0]!.id).toBe(sizes.ends[1]!.id);
  });

  it.each([
    ["an array", [new DebugHandler()]],
    ["a handler", new DebugHandler()],
    ["another handler", { onEventEnd() {} }],
    ["a name", "debug"],
  ])("handlers are refused in place of options: %s", (_what, options) => {
    expect(() => new CallbackManager(options as never)).toThrow(
      "new CallbackManager({ handlers: [handler] })",
    );
  });

  it('"sizes" of the manager refuses a handler with capture: "full"', () => {
    const manager = new CallbackManager({ capture: "sizes" });
    expect(() => manager.addHandler(new DebugHandler({ capture: "full" }))).toThrow(
      /DebugHandler needs the texts and vectors of events \(capture: "full"\), which this manager denies/,
    );
    expect(() => new CallbackManager({ capture: "all" as never })).toThrow(
      /capture must be "sizes" or "full"/,
    );
  });

  it("passes payloads to redact before any handler sees them", async () => {
    const full = Object.assign(new Recorder(), { capture: "full" as const });
    const manager = new CallbackManager({
      handlers: [full],
      redact: (payload, { phase }) => (phase === "end" ? undefined : { ...payload, content: "***" }),
    });
    await manager.event("query", { content: { query: "secret" } }, (event) => {
      event.set({ content: { response: "secret" } });
    });
    expect(full.end("query").payload).toEqual({ content: "***" });
    expect(full.end("query").endPayload).toEqual({});
  });

  it("shows nothing when redact or the content function throws, and reports the error", async () => {
    const onHandlerError = vi.fn();
    const full = Object.assign(new Recorder(), { capture: "full" as const });
    const redacting = new CallbackManager({
      handlers: [full],
      onHandlerError,
      redact: () => {
        throw new Error("redact failed");
      },
    });
    await redacting.event("query", { content: { query: "secret" } }, () => {});
    const collecting = new CallbackManager({ handlers: [full], onHandlerError });
    const content = (): never => {
      throw new Error("content failed");
    };
    await collecting.event("query", { content }, () => {});
    expect(full.ends.map(({ payload }) => payload)).toEqual([{}, {}]);
    expect(onHandlerError.mock.calls.map(([error, { hook }]) => [(error as Error).message, hook])).toEqual([
      ["redact failed", "redact"],
      ["content failed", "content"],
    ]);
  });
});
