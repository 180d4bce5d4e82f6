import { expect, it } from "vitest";
import { CallbackManager, DebugHandler, PrintingHandler, TokenCountingHandler } from "../index.ts";

it.each([
  ["all", 'the string "all"'],
  [true, "boolean true"],
  [null, "null"],
])("capture may not be %s", (capture, shown) => {
  const error = new TypeError(`capture must be "sizes" or "full", not ${shown}`);
  for (const Class of [CallbackManager, DebugHandler, PrintingHandler]) {
    expect(() => new Class({ capture: capture as never })).toThrow(error);
  }
});

it.each(["ignoreEventStarts", "ignoreEventEnds"])("%s must be a list of names", (name) => {
  for (const Class of [DebugHandler, TokenCountingHandler]) {
    const making = (types: unknown) => () => new Class({ [name]: types });
    expect(making("llm")).toThrow(
      new TypeError(`${name} must be a list of event types, not the string "llm"`),
    );
    expect(making(new Set(["llm"]))).toThrow(`${name} must be a list of event types, not an object (Set)`);
    expect(making(null)).toThrow(`${name} must be a list of event types, not null`);
    expect(making(["llm", 5])).toThrow(`${name} must be a list of event types, without number 5`);
    // A type of a user's own need not be known at run time.
    expect(making(["llm", "page_fetch"])).not.toThrow();
  }
});
