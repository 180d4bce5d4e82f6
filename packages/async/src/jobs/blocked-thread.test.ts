import { stat } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { CallbackManager } from "@llx/callbacks";
import { describe, expect, it } from "vitest";
import { mapJobs } from "../index.ts";

/** Blocks the thread, as a handler that computes does. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Ends as soon as the event loop reads what has arrived. */
const arrival = (): Promise<unknown> => stat(import.meta.filename);

const statuses = (outcomes: readonly PromiseSettledResult<unknown>[]): string[] =>
  outcomes.map(({ status }) => status);

describe("a thread that was blocked for longer than the time-out of jobs", () => {
  it("times out none whose result has arrived meanwhile", async () => {
    const begun = Promise.withResolvers<void>();
    const job = (n: number): Promise<unknown> => {
      if (n === 3) begun.resolve();
      return arrival();
    };
    const outcomes = mapJobs([0, 1, 2, 3], job, { timeout: 300, settle: true });
    await begun.promise;
    block(1_000);
    expect(statuses(await outcomes)).toEqual(["fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
  });

  it("times out none that was started after the block, in the same turn", async () => {
    const outcomes = await mapJobs(
      [0, 1, 2],
      async (n) => {
        if (n === 0) block(1_000);
        else for (let i = 0; i < 3; i++) await arrival();
      },
      { timeout: 500, settle: true },
    );
    expect(statuses(outcomes)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
  });

  it("by a handler that computes, beside ones that never settle or fail, changes no job, and aborts still work", async () => {
    const reported: unknown[] = [];
    let starts = 0;
    const callbackManager = new CallbackManager({
      handlers: [
        // When four jobs have started.
        { onEventStart: () => void (++starts === 4 && block(1_000)) },
        { onEventStart: () => new Promise<void>(() => {}) },
        {
          onEventStart: () => {
            throw new Error("broken handler");
          },
        },
      ],
      onHandlerError: (error) => void reported.push(error),
    });
    const options = { timeout: 300, settle: true, callbackManager } as const;
    const outcomes = await mapJobs([0, 1, 2, 3, 4, 5, 6, 7], arrival, options);
    expect(statuses(outcomes)).toEqual(outcomes.map(() => "fulfilled"));
    expect(reported.length).toBeGreaterThanOrEqual(8);
    const controller = new AbortController();
    const aborted = mapJobs([0, 1], () => new Promise<never>(() => {}), {
      signal: controller.signal,
      grace: 0,
      callbackManager,
    });
    controller.abort("left");
    await expect(aborted).rejects.toBe("left");
  });

  it("still times out those that take too long, and gives the later ones their whole time", async () => {
    const begun = Promise.withResolvers<void>();
    const outcomes = mapJobs(
      [0, 1, 2, 3],
      async (n, { signal }) => {
        if (n > 1) return turn();
        if (n === 1) begun.resolve();
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      },
      { timeout: 150, settle: true, workers: 2 },
    );
    await begun.promise;
    block(500);
    expect(statuses(await outcomes)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
  });
});
