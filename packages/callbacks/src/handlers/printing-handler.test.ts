import { expect, it, vi } from "vitest";
import { CallbackManager, PrintingHandler } from "../index.ts";

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
