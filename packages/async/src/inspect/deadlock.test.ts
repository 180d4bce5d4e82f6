import { AsyncResource } from "node:async_hooks";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DeadlockError, mapJobs, ResourcePool, runJobs, Semaphore } from "../index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const detecting = (permits: number, label: string): Semaphore =>
  new Semaphore(permits, { label, detectDeadlocks: true });

/** Timers that end when the test says so. To the detector they are resources of the process, unlike fake timers. */
function manualTimers(): { fire(): void } {
  let pending: { resource: AsyncResource; callback: () => void }[] = [];
  const end = (timer: (typeof pending)[number]): void => {
    pending = pending.filter((each) => each !== timer);
    timer.resource.emitDestroy();
  };
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((callback: () => void) => {
    const timer = { resource: new AsyncResource("Timeout", { requireManualDestroy: true }), callback };
    pending.push(timer);
    return Object.assign(timer, { unref: () => timer });
  }) as never);
  vi.spyOn(globalThis, "clearTimeout").mockImplementation(((timer: (typeof pending)[number]) => {
    if (pending.includes(timer)) end(timer);
  }) as never);
  return {
    fire() {
      for (const timer of pending) {
        timer.resource.runInAsyncScope(timer.callback);
        end(timer);
      }
    },
  };
}

const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await turn();
};

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("deadlock detection", () => {
  it("finds a semaphore that is taken twice, and names holders and waiters", async () => {
    const pages = detecting(1, "pages");
    let caught: unknown;
    const outer = pages.use(async () => {
      await pages.use(() => "never").catch((error: unknown) => (caught = error));
      return "done";
    });
    await turn();
    await turn();
    expect(caught).toBeInstanceOf(DeadlockError);
    const { message, holders, waiters } = caught as DeadlockError;
    expect(message).toMatch(/^deadlock: every holder of a permit waits for another one/);
    expect(holders).toEqual([
      { semaphore: "pages", permits: 1, where: expect.stringMatching(/deadlock\.test\.ts:\d+/) },
    ]);
    expect(waiters).toEqual([
      { semaphore: "pages", permits: 1, where: expect.stringMatching(/deadlock\.test\.ts:\d+/) },
    ]);
    expect(message).toContain("holds 1 of pages");
    expect(await outer).toBe("done");
    expect([pages.available, pages.waiting]).toEqual([1, 0]);
  });

  it("finds two semaphores taken in opposite order, and lets one of the two continue", async () => {
    const [a, b] = [detecting(1, "a"), detecting(1, "b")];
    const both = (first: Semaphore, second: Semaphore) => () =>
      first.use(async () => {
        await turn();
        return second.use(() => "both");
      });
    const outcomes = await Promise.allSettled([both(a, b)(), both(b, a)()]);
    expect(outcomes[0]).toEqual({ status: "fulfilled", value: "both" });
    expect(outcomes[1]).toMatchObject({ status: "rejected", reason: { name: "DeadlockError" } });
    const { holders, waiters } = (outcomes[1] as PromiseRejectedResult).reason as DeadlockError;
    expect(holders.map(({ semaphore }) => semaphore).toSorted()).toEqual(["a", "b"]);
    expect(waiters.map(({ semaphore }) => semaphore)).toEqual(["b", "a"]);
  });

  it("finds a run of jobs inside another one that shares its semaphore", async () => {
    const shared = detecting(2, "requests");
    const failing = mapJobs([0, 1], () => runJobs([() => 1], { workers: shared }), { workers: shared });
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeadlockError);
    expect((error as DeadlockError).holders).toEqual([
      { semaphore: "requests", permits: 1, where: "job 0" },
      { semaphore: "requests", permits: 1, where: "job 1" },
    ]);
    expect((error as DeadlockError).waiters).toHaveLength(2);
    expect([shared.available, shared.waiting]).toEqual([2, 0]);
  });

  it("finds a deadlock through nested functions, and of several permits", async () => {
    const slots = detecting(3, "slots");
    const inner = async (): Promise<string> => slots.use(async () => "never", { weight: 2 });
    const between = async (): Promise<string[]> => {
      await turn();
      return Promise.all([inner(), inner()]);
    };
    await expect(slots.use(between, { weight: 2 })).rejects.toThrow("waits for 2 of slots");
    expect(slots.available).toBe(3);
  });

  it("finds borrowers of a pool that wait for a second resource, unless a time-out ends the wait", async () => {
    const create = async (): Promise<Disposable> => ({ [Symbol.dispose]() {} });
    const pool = new ResourcePool({ create, max: 2, label: "connections", detectDeadlocks: true });
    const copy = (timeout?: number) => (): Promise<string> => pool.use(() => "copied", { timeout });
    const { signal } = new AbortController();
    const [first, second] = await Promise.allSettled([
      pool.use(copy(), { signal }),
      pool.use(copy(), { signal }),
    ]);
    expect(first).toEqual({ status: "fulfilled", value: "copied" });
    expect(String((second as PromiseRejectedResult).reason)).toMatch(
      /^DeadlockError: .*\n.*deadlock\.test\.ts.* holds 1 of connections\n/,
    );
    const timers = manualTimers();
    const waiting = Promise.allSettled([pool.use(copy(5)), pool.use(copy(5))]);
    await turns(5);
    timers.fire();
    const timed = await waiting;
    expect(timed[0]).toMatchObject({ status: "rejected", reason: { name: "TimeoutError" } });
    await pool.aclose();
  });
});

describe("deadlock detection rejects no one", () => {
  const watched = async (body: (semaphore: Semaphore) => Promise<unknown>): Promise<unknown> => {
    const semaphore = detecting(1, "one");
    const result = await body(semaphore);
    // The late branch now has its permit, and releases it.
    await turn();
    expect([semaphore.available, semaphore.waiting]).toEqual([1, 0]);
    return result;
  };
  it("when another branch has a timer", async () => {
    const timers = manualTimers();
    const result = watched((semaphore) =>
      semaphore.use(() =>
        Promise.race([
          semaphore.use(() => "late").catch(() => "refused"),
          new Promise((resolve) => setTimeout(() => resolve("timer"), 5)),
        ]),
      ),
    );
    await turns(5);
    timers.fire();
    expect(await result).toBe("timer");
  });

  it("when another branch awaits a promise from outside", async () => {
    const gate = Promise.withResolvers<string>();
    void turns(5).then(() => gate.resolve("gate"));
    expect(
      await watched((semaphore) =>
        semaphore.use(() => Promise.race([semaphore.use(() => "late").catch(() => "refused"), gate.promise])),
      ),
    ).toBe("gate");
  });

  it("when another branch has created a promise that others settle", async () => {
    let open: ((value: string) => void) | undefined;
    void turns(5).then(() => open?.("opened"));
    expect(
      await watched((semaphore) =>
        semaphore.use(() =>
          Promise.race([
            semaphore.use(() => "late").catch(() => "refused"),
            new Promise<string>((resolve) => (open = resolve)),
          ]),
        ),
      ),
    ).toBe("opened");
  });

  it("when the wait has a time-out", async () => {
    const semaphore = detecting(1, "one");
    const timers = manualTimers();
    const failing = semaphore
      .use(() => semaphore.use(() => 1, { timeout: 5 }))
      .catch((reason: unknown) => reason);
    await turns(5);
    timers.fire();
    const error = await failing;
    expect(error).toMatchObject({ name: "TimeoutError" });
  });

  it("when another holder continues", async () => {
    const two = detecting(2, "two");
    const gate = Promise.withResolvers<void>();
    const worker = two.use(() => gate.promise);
    const nested = two.use(() => two.use(() => "mine"));
    await turns(5);
    gate.resolve();
    expect(await nested).toBe("mine");
    await worker;
  });

  it("when a permit was taken by a bare acquire", async () => {
    const semaphore = detecting(1, "one");
    const permit = await semaphore.acquire();
    const waiting = semaphore.use(() => "mine");
    await turns(5);
    permit.release();
    expect(await waiting).toBe("mine");
  });

  it("with bare permits, but warns once of a suspected deadlock after 5 s", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const semaphore = detecting(1, "bare");
    const first = await semaphore.acquire();
    const second = semaphore.acquire();
    const third = semaphore.acquire();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(warn).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(
        /^a deadlock is suspected: .*deadlock\.test\.ts:\d+.* has waited for 1 of bare for 5 s, held by .*deadlock\.test\.ts:\d+/,
      ),
    ]);
    first.release();
    (await second).release();
    (await third).release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("in random programs that take semaphores in one order, with branches, turns and microtasks", async () => {
    type Step = { readonly level: number; readonly branches: readonly Step[]; readonly pause: number };
    const { step } = fc.letrec<{ step: Step }>((tie) => ({
      step: fc.record({
        level: fc.nat({ max: 2 }),
        branches: fc.oneof(
          { maxDepth: 3 },
          fc.constant([] as Step[]),
          fc.array(tie("step"), { maxLength: 3 }),
        ),
        pause: fc.nat({ max: 3 }),
      }),
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (program) => {
        const semaphores = [detecting(1, "a"), detecting(2, "b"), detecting(1, "c")];
        // A branch takes only what comes after what its holder has: so there is no deadlock.
        const run = async ({ level, branches, pause }: Step, above: number): Promise<number> => {
          const mine = above + 1 + level;
          if (mine >= semaphores.length) {
            await (pause === 3 ? turns(1) : Promise.resolve());
            return 1;
          }
          return semaphores[mine]!.use(async () => {
            if (pause === 1) await turns(1);
            if (pause === 2) await new Promise<void>((resolve) => queueMicrotask(resolve));
            const below = await Promise.all(branches.map((branch) => run(branch, mine)));
            return below.reduce((sum, each) => sum + each, 1);
          });
        };
        const count = ({ branches, level }: Step, above: number): number => {
          const mine = above + 1 + level;
          if (mine >= semaphores.length) return 1;
          return branches.reduce((sum, branch) => sum + count(branch, mine), 1);
        };
        const results = await Promise.all(program.map((each) => run(each, -1)));
        expect(results).toEqual(program.map((each) => count(each, -1)));
      }),
      { numRuns: 200 },
    );
  });
});
