import { expect, it } from "vitest";
import {
  CallbackManager,
  DebugHandler,
  PrintingHandler,
  TokenCountingHandler,
  traced,
  traceMethods,
  tracedSync,
} from "./index.ts";
import { UsageLedger } from "./usage.ts";

const manager = new CallbackManager();
const silent = { write: () => true };

it.each<[string, (options: never) => unknown, object, string]>([
  [
    "a manager",
    (options) => new CallbackManager(options),
    { handler: [] },
    "handler; did you mean handlers?",
  ],
  [
    "a debug handler",
    (options) => new DebugHandler(options),
    { maxEvent: 1 },
    "maxEvent; did you mean maxEvents?",
  ],
  [
    "a printing handler",
    (options) => new PrintingHandler(options),
    { loger: console },
    "loger; did you mean logger?",
  ],
  [
    "a counter of tokens",
    (options) => new TokenCountingHandler(options),
    { tokensBudget: 1 },
    "tokensBudget; did you mean tokenBudget?",
  ],
  ["a ledger", (options) => new UsageLedger(options), { price: {} }, "price; did you mean prices?"],
  [
    "a ledger",
    (options) => new UsageLedger(options),
    { "some-model": 1 },
    "some-model; there are prices, maxGroups",
  ],
  [
    "traced",
    (options) => traced("query", async () => 1, options),
    { inputs: true },
    "inputs; did you mean input?",
  ],
  [
    "tracedSync",
    (options) => tracedSync("query", () => 1, options),
    { ouput: true },
    "ouput; did you mean output?",
  ],
  ["a decorator", (options) => traced(options), { inputs: true }, "inputs; did you mean input?"],
  ["traceMethods", (options) => traceMethods({}, options), { method: [] }, "method; did you mean methods?"],
  [
    "onEventStart",
    (options) => manager.onEventStart("query", {}, options),
    { parent: "a" },
    "parent; did you mean parentId?",
  ],
  ["flush", (options) => manager.flush(options), { sginal: 1 }, "sginal; did you mean signal?"],
  [
    "printTraceMap",
    (options) => new DebugHandler({ sink: silent }).printTraceMap(options),
    { trace: "a" },
    "trace; there are traceId",
  ],
])("%s refuses a wrong name of an option: %#", async (_name, call, options, message) => {
  await expect((async () => call(options as never))()).rejects.toThrow(
    new TypeError(`there is no option ${message}`),
  );
});

it.each<[string, (options: never) => unknown]>([
  ["a debug handler", (options) => new DebugHandler(options)],
  ["a printing handler", (options) => new PrintingHandler(options)],
  ["a counter of tokens", (options) => new TokenCountingHandler(options)],
  ["a ledger", (options) => new UsageLedger(options)],
  ["traceMethods", (options) => traceMethods({}, options)],
])("%s says what it was given instead of options", (_name, call) => {
  expect(() => call(null as never)).toThrow(new TypeError("options must be an object, not null"));
  expect(() => call(new Map() as never)).toThrow(/^options must be a plain object, not /);
});

it("an event accepts an object with more than its signal, such as the context of a job", async () => {
  const context = { index: 0, signal: AbortSignal.abort() };
  expect(await manager.event("query", () => "done", context)).toBe("done");
});
