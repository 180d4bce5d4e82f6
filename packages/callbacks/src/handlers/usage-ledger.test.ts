import { describeKind } from "@llx/support";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  CallbackManager,
  type EventTags,
  type TokenCount,
  TokenCountingHandler,
  withTags,
} from "../index.ts";
import { UsageLedger } from "../usage.ts";

const prices = { large: { input: 2, output: 10 }, small: { input: 0.5 } };

/** One call of 1,000,000 tokens in and 100,000 out. */
function call(model: string | undefined, tags: EventTags, traceId = "t"): TokenCount {
  const [inputTokens, outputTokens] = [1_000_000, 100_000];
  const ids = { eventId: "e", traceId, traceName: "query" };
  return { type: "llm", model, inputTokens, outputTokens, totalTokens: 1_100_000, ...ids, tags };
}

const costs = (groups: Map<string, { calls: number; cost: number }>): unknown[] =>
  [...groups].map(([key, { calls, cost }]) => [key, calls, cost]);

afterEach(() => vi.restoreAllMocks());

describe("UsageLedger", () => {
  it("says what to pass to byTag", () => {
    const ledger = new UsageLedger();
    expect(() => ledger.byTag(undefined as never)).toThrow(
      new TypeError('byTag takes the name of a tag, as in byTag("tenant"), not undefined'),
    );
    expect(() => ledger.byTag(["tenant"] as never)).toThrow("not an object (Array)");
  });

  it("adds up tokens and their cost, and counts calls without a price", () => {
    const ledger = new UsageLedger({ prices });
    for (const model of ["large", "small", "unknown", undefined]) ledger.add(call(model, {}));
    expect(ledger.total).toEqual({
      calls: 4,
      inputTokens: 4_000_000,
      outputTokens: 400_000,
      totalTokens: 4_400_000,
      cost: 3.5,
      unpricedCalls: 2,
    });
    expect(costs(ledger.byModel())).toEqual([
      ["large", 1, 3],
      ["small", 1, 0.5],
      ["unknown", 1, 0],
      ["(none)", 1, 0],
    ]);
  });

  it("counts what was read from a batch by the price of batches, or the live one without", () => {
    const batch = { input: 0.25, window: 86_400_000 };
    const ledger = new UsageLedger({ prices: { ...prices, half: { input: 0.5, batch } } });
    for (const model of ["half", "small"]) ledger.add({ ...call(model, {}), batch: "batch-1" });
    ledger.add(call("half", {}));
    expect(costs(ledger.byModel())).toEqual([
      ["half", 2, 0.75],
      ["small", 1, 0.5],
    ]);
  });

  it.each([[-1], ["1"], [undefined]])("refuses %o as the price of a batch", (input) => {
    const price = { input: 1, batch: { input, window: 1 } } as never;
    expect(() => new UsageLedger({ prices: { a: price } })).toThrow(
      "prices.a.batch.input must be a number from 0, for 1,000,000 tokens, not ",
    );
  });

  it("adds what a handler counts, also where its method is passed alone", async () => {
    const ledger = new UsageLedger();
    const counter = new TokenCountingHandler({ onCount: ledger.add });
    const manager = new CallbackManager({ handlers: [counter] });
    await manager.event("embedding", (event) => event.set({ usage: { inputTokens: 7 } }));
    expect(ledger.total).toMatchObject({ calls: 1, inputTokens: 7 });
  });

  it("warns once of a model without a price, if there are prices", () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockReturnValue();
    new UsageLedger().add(call("unknown", {}));
    const ledger = new UsageLedger({ prices });
    for (const model of ["small", undefined]) ledger.add(call(model, {}));
    expect(emitWarning).not.toHaveBeenCalled();
    for (const model of ["unknown", "unknown", "other"]) ledger.add(call(model, {}));
    const message =
      "a UsageLedger has no price of the model unknown: its calls are counted in unpricedCalls, and cost 0. Add it to prices, as " +
      "those of further models, which are not named";
    const kind = { type: "CallsUnpriced", code: "LLX_CALLS_UNPRICED" };
    expect(emitWarning.mock.calls).toEqual([[message, kind]]);
  });

  it("tells who used what: by tag, the untagged too, and by trace", () => {
    const ledger = new UsageLedger({ prices });
    ledger.add(call("small", {}, "t1"));
    ledger.add(call("large", { tenant: "a" }, "t1"));
    ledger.add(call("large", { tenant: "b", user: "1" }, "t2"));
    ledger.add(call("large", { tenant: "a" }, "t2"));
    expect(costs(ledger.byTag("tenant"))).toEqual([
      ["(none)", 1, 0.5],
      ["a", 2, 6],
      ["b", 1, 3],
    ]);
    expect(costs(ledger.byTag("user"))).toEqual([
      ["(none)", 3, 6.5],
      ["1", 1, 3],
    ]);
    expect(costs(ledger.byTag("plan"))).toEqual([["(none)", 4, 9.5]]);
    expect(costs(ledger.byTrace())).toEqual([
      ["t1", 2, 3.5],
      ["t2", 2, 6],
    ]);
    expect(new UsageLedger().byTag("tenant").size).toBe(0);
  });

  it("keeps a limited number of groups, and loses nothing of the sum", () => {
    const ledger = new UsageLedger({ prices, maxGroups: 2 });
    for (const tenant of ["a", "b", "c", "c", "d"]) ledger.add(call("large", { tenant }, tenant));
    ledger.add(call("large", {}, "d"));
    const expected = [
      ["c", 2, 6],
      ["(older)", 2, 6],
    ];
    expect(costs(ledger.byTag("tenant"))).toEqual([...expected, ["d", 1, 3], ["(none)", 1, 3]]);
    expect(costs(ledger.byTrace())).toEqual([...expected, ["d", 2, 6]]);
  });

  it("receives what a TokenCountingHandler counts", async () => {
    const ledger = new UsageLedger({ prices });
    const counter = new TokenCountingHandler({ onCount: (count) => ledger.add(count) });
    const manager = new CallbackManager({ handlers: [counter] });
    const embed = (): Promise<void> =>
      manager.event("embedding", { model: "small" }, (event) => event.set({ usage: { totalTokens: 200 } }));
    await Promise.all([withTags({ tenant: "a" }, embed), withTags({ tenant: "b" }, embed), embed()]);
    expect(ledger.byTag("tenant").get("a")).toMatchObject({ calls: 1, totalTokens: 200, cost: 0.0001 });
    expect(ledger.total.totalTokens).toBe(counter.totalTokens);
  });

  it("gives copies", () => {
    const ledger = new UsageLedger({ prices });
    ledger.add(call("large", {}));
    const [before, total] = [ledger.byModel().get("large"), ledger.total];
    ledger.add(call("large", {}));
    expect([before?.calls, total.calls]).toEqual([1, 1]);
  });

  it.each<[object, Error]>([
    ...[new Map(), [], () => {}, null].map((given): [object, Error] => [
      { prices: given },
      new TypeError(
        `prices must be an object with the price of each model, such as { "model": { input: 0.02 } }, not ${describeKind(given)}`,
      ),
    ]),
    [{ prices: { a: null } }, new TypeError("prices.a must be a price, such as { input: 0.02 }, not null")],
    [
      { prices: { input: 1 } },
      new TypeError("prices.input must be a price, such as { input: 0.02 }, not number 1"),
    ],
    [
      { prices: { a: { input: 1, outptu: 2 } } },
      new TypeError("there is no option prices.a.outptu; did you mean prices.a.output?"),
    ],
    [
      { prices: { a: {} } },
      new TypeError("prices.a.input must be a number from 0, for 1,000,000 tokens, not undefined"),
    ],
    [
      { prices: { a: { input: null } } },
      new TypeError("prices.a.input must be a number from 0, for 1,000,000 tokens, not null"),
    ],
    [
      { prices: { a: { input: -1 } } },
      new RangeError("prices.a.input must be a number from 0, for 1,000,000 tokens, not number -1"),
    ],
    [
      { prices: { a: { input: 2e-8 } } },
      new RangeError(
        "prices.a.input must be a number from 0, for 1,000,000 tokens: 2e-8 looks like the price of one, so pass 0.02",
      ),
    ],
    [
      { prices: { a: { input: 1, output: Number.NaN } } },
      new RangeError("prices.a.output must be a number from 0, for 1,000,000 tokens, not number NaN"),
    ],
    [
      { "text-small": { input: 0.02 } },
      new TypeError("there is no option text-small; pass prices as { prices }"),
    ],
    [{ maxGroups: 0 }, new RangeError("maxGroups must be a whole number from 1, not 0")],
  ])("refuses %o", (options, error) => {
    expect(() => new UsageLedger(options)).toThrow(error);
    expect(() => new UsageLedger(options)).toThrow(error.constructor);
  });

  it("takes all that is known of a price", () => {
    const price = {
      input: 0.02,
      output: 0,
      batch: { input: 0.01, window: 1 },
      source: "https://a.test",
      date: "2026-11-29",
    };
    const ledger = new UsageLedger({ prices: { large: { input: 1, output: undefined }, small: price } });
    ledger.add(call("large", {}));
    expect(ledger.total.cost).toBe(1);
  });

  it.each([5, {}, null, { ...call("a", {}), tags: undefined }, { ...call("a", {}), outputTokens: "1" }])(
    "adds nothing but counts: not %o",
    (count) => {
      const ledger = new UsageLedger();
      expect(() => ledger.add(count as never)).toThrow(
        new TypeError(
          `add takes a count as onCount of a TokenCountingHandler receives it, with tokens and tags, not ${describeKind(count)}`,
        ),
      );
      expect(ledger.total.calls).toBe(0);
    },
  );
});
