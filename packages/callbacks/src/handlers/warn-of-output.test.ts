import { afterEach, expect, it, vi } from "vitest";
import { type CallbackHandler, CallbackManager, DebugHandler, PrintingHandler } from "../index.ts";

afterEach(() => vi.restoreAllMocks());

const full = (): never => Promise.reject(new Error("the disk is full")) as never;

it.each<[string, CallbackHandler]>([
  ["the logger of a PrintingHandler", new PrintingHandler({ logger: { info: full } })],
  ["the sink of a DebugHandler", new DebugHandler({ printTraceOnEnd: true, sink: { write: full } })],
])("warns once when %s is async and rejects, and the work goes on", async (_output, handler) => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const manager = new CallbackManager({ handlers: [handler] });
  expect(await manager.event("query", () => manager.event("retrieve", () => 7))).toBe(7);
  await new Promise(setImmediate);
  expect(warn.mock.calls).toEqual([
    [
      "lines of a handler were not written: Error: the disk is full",
      { type: "OutputFailed", code: "LLX_OUTPUT_FAILED" },
    ],
  ]);
});
