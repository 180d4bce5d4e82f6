import { describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler, setGlobalHandlers } from "../index.ts";
import { UsageLedger } from "../usage.ts";

const methods = "startTrace, endTrace, onEventStart, onEventEnd, onEventChunk, around, flush, aclose";

describe("a manager refuses", () => {
  it.each<[string, unknown, string]>([
    ["null for handlers", null, "handlers must be a list of handlers, not null"],
    [
      "a handler for handlers",
      new DebugHandler(),
      "handlers must be a list of handlers, not an object (DebugHandler)",
    ],
    ["null", [null], `handlers[0] must be an object with some of the methods ${methods}, not null`],
    [
      "a function",
      [() => {}],
      `handlers[0] must be an object with some of the methods ${methods}, not a function`,
    ],
    ["a class", [DebugHandler], "handlers[0] is the class DebugHandler; make a handler: new DebugHandler()"],
    ["an object without methods", [{}], `handlers[0] has none of the methods of a handler: ${methods}`],
    [
      "another raiseErrors",
      [{ onEventEnd() {}, raiseErrors: "ends" }],
      'handlers[0].raiseErrors must be true, false or "starts", not the string "ends"',
    ],
    [
      "another awaited",
      [{ onEventEnd() {}, awaited: "no" }],
      'handlers[0].awaited must be true or false, not the string "no"',
    ],
    ["other methods", [{ onStart() {} }], `handlers[0] has none of the methods of a handler: ${methods}`],
    [
      "no methods after a handler",
      [{ flush() {} }, { onEventStart: undefined }],
      `handlers[1] has none of the methods of a handler: ${methods}`,
    ],
    [
      "a ledger",
      [new UsageLedger()],
      "handlers[0] is no handler; pass a ledger to a TokenCountingHandler: onCount: (count) => ledger.add(count)",
    ],
    [
      "a manager",
      [new CallbackManager()],
      "handlers[0] is a CallbackManager; pass its handlers: manager.handlers",
    ],
    [
      "a number for a method",
      [{ onEventStart: 5 }],
      "handlers[0].onEventStart must be a function, not number 5",
    ],
    ["null for a method", [{ aclose: null, flush() {} }], "handlers[0].aclose must be a function, not null"],
    [
      "an unknown capture",
      [{ capture: "all", flush() {} }],
      'handlers[0].capture must be "sizes" or "full", not the string "all"',
    ],
    [
      "a string for types",
      [{ ignoreEventEnds: "llm", flush() {} }],
      'handlers[0].ignoreEventEnds must be a list of event types, not the string "llm"',
    ],
  ])("%s", (_name, handlers, message) => {
    const error = new TypeError(message);
    expect(() => new CallbackManager({ handlers: handlers as never })).toThrow(error);
    expect(() => new CallbackManager().setHandlers(handlers as never)).toThrow(error);
    expect(() => setGlobalHandlers(handlers as never)).toThrow(error);
  });

  it("a handler that is added and would never be called", () => {
    const manager = new CallbackManager();
    expect(() => manager.addHandler({ onStart() {} } as never)).toThrow(
      /^handlers\[0\] has none of the methods/,
    );
    expect(manager.handlers).toEqual([]);
  });
});

it.each(methods.split(", "))("a handler may have %s alone, also inherited", (method) => {
  const handler = { [method]() {} };
  const handlers = [handler, Object.create(handler) as object];
  expect(new CallbackManager({ handlers }).handlers).toEqual(handlers);
});
