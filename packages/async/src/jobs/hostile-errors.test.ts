import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AdaptiveLimiter, mapJobs, RateLimiter, retry } from "../index.ts";

const trap = (): never => {
  throw new Error("not to be looked at");
};
/** Values that throw when they are inspected, and others that no one expects to be thrown. */
const hostile: readonly (readonly [name: string, thrown: unknown])[] = [
  ["an object without a prototype", Object.create(null)],
  ["an error whose name is a symbol", Object.assign(new Error("odd"), { name: Symbol("odd") })],
  ["an error whose message throws", Object.defineProperty(new Error("odd"), "message", { get: trap })],
  ["an error whose name throws", Object.defineProperty(new Error("odd"), "name", { get: trap })],
  ["an error whose status throws", Object.defineProperty(new Error("odd"), "status", { get: trap })],
  ["an error whose retryable throws", Object.defineProperty(new Error("odd"), "retryable", { get: trap })],
  ["an error whose cause throws", Object.defineProperty(new Error("odd"), "cause", { get: trap })],
  ["an object that becomes no string", { toString: trap }],
  ["a proxy that refuses everything", new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap })],
  ["undefined", undefined],
  ["a frozen error", Object.freeze(new Error("frozen"))],
];

// Later failures that the first error cannot hold are reported as warnings.
beforeEach(() => void vi.spyOn(process, "emitWarning").mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

describe.each(hostile)("a job that throws %s", (_name, thrown) => {
  it("fails with that value, and the others continue", async () => {
    const callbackManager = new CallbackManager({ handlers: [new DebugHandler()] });
    const limiter = new AdaptiveLimiter({ initial: 2 });
    const rate = new RateLimiter({ requests: { limit: 1_000, interval: 1_000 } });
    const outcomes = await mapJobs(
      [0, 1, 2, 3],
      async (n) => {
        if (n === 1) throw thrown;
        return n;
      },
      { settle: true, retry: { attempts: 2, delay: 0 }, workers: limiter, rate, callbackManager },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    const failed = outcomes[1]!;
    expect(failed.status === "rejected" && Object.is(failed.reason, thrown)).toBe(true);
    expect([limiter.running, callbackManager.openEvents]).toEqual([0, 0]);
  });

  it("stops the call with it, and is retried by retry", async () => {
    const stopped = await mapJobs([0, 1], async (n) => {
      if (n === 0) throw thrown;
      throw new Error("second");
    }).then(trap, (reason: unknown) => ({ reason }));
    expect(Object.is(stopped.reason, thrown)).toBe(true);
    let calls = 0;
    const result = await retry(
      () => {
        if (calls++ === 0) throw thrown;
        return "done";
      },
      { delay: 0 },
    );
    expect(result).toBe("done");
  });
});
