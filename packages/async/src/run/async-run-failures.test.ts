import { afterEach, describe, expect, it, vi } from "vitest";
import { asyncRun } from "../index.ts";
import { aggregateOf, cleanUp, rejectionOf, turn, untilAborted } from "./test-run.ts";

afterEach(cleanUp);

describe("asyncRun with several failures hides none", () => {
  const first = new Error("first");
  const second = new Error("second", { cause: "the disk is full" });
  const third = new Error("third");
  const failing = (error: unknown) => (): never => {
    throw error;
  };
  class Store {
    readonly #error: unknown;
    constructor(error: unknown) {
      this.#error = error;
    }
    async aclose(): Promise<void> {
      throw this.#error;
    }
  }

  it.each([first, undefined, "text"])("one failing clean-up is the failure itself: %s", async (thrown) => {
    const log: string[] = [];
    const run = asyncRun(({ defer }) => {
      defer(() => void log.push("the others are closed"));
      defer(failing(thrown));
    });
    expect(await rejectionOf(run)).toEqual({ error: thrown });
    expect(log).toEqual(["the others are closed"]);
  });

  it("several failing clean-ups are an AggregateError of all, in order", async () => {
    const error = await aggregateOf(
      asyncRun(({ defer, own }) => {
        own(new Store(second));
        defer(function stopServer() {
          throw first;
        });
      }),
    );
    expect(error).toBeInstanceOf(AggregateError);
    expect(error.errors).toEqual([first, second]);
    expect(error.message).toBe(
      "defer #1 (stopServer) failed: Error: first; own #0 (Store) failed: Error: second",
    );
  });

  /** The failures are `undefined`, then "broken", then `third`. */
  const failThrice = (): Promise<AggregateError> =>
    aggregateOf(
      asyncRun(({ defer, own }) => {
        own(new Store(third));
        defer(failing("broken"));
        throw undefined;
      }),
    );

  it("clean-up that fails after main is reported together with the first error", async () => {
    const error = await aggregateOf(
      asyncRun(({ own }) => {
        own(new Store(second));
        throw first;
      }),
    );
    expect(error).toMatchObject({ cause: first, errors: [first, second] });
    expect(error.message).toBe("main failed: Error: first; own #0 (Store) failed: Error: second");
  });

  it("so are several clean-ups, and failures that are not errors", async () => {
    const error = await failThrice();
    expect(error).toMatchObject({ cause: undefined, errors: [undefined, "broken", third] });
    expect(error.message).toBe(
      'main failed: undefined; defer #1 (anonymous) failed: the string "broken"; own #0 (Store) failed: Error: third',
    );
  });

  it.runIf(typeof SuppressedError === "function")("in a SuppressedError", async () => {
    const error = await failThrice();
    expect(error).toBeInstanceOf(SuppressedError);
    const { error: later, suppressed } = error as AggregateError & SuppressedError;
    expect(suppressed).toBe(undefined);
    expect((later as AggregateError).errors).toEqual(["broken", third]);
  });

  it("or in an AggregateError, where the platform has no SuppressedError", async () => {
    vi.stubGlobal("SuppressedError", undefined);
    const error = await failThrice();
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({ cause: undefined, errors: [undefined, "broken", third] });
  });

  it("siblings that fail later are reported with the first error, siblings that are only aborted are not", async () => {
    const error = await aggregateOf(
      asyncRun(async (context) => {
        void context.fork(async function load() {
          await turn();
          throw first;
        });
        void context.fork(async (child) => {
          await untilAborted(child).catch(() => {});
          throw second;
        });
        void context.fork(untilAborted);
        void context.fork(async (child) => {
          await untilAborted(child).catch((cause: unknown) => {
            throw new Error("could not load", { cause });
          });
        });
        void context.fork(async (child) => {
          await untilAborted(child).catch(() => {});
          throw new DOMException("the request was aborted", "AbortError");
        });
        await untilAborted(context);
      }),
    );
    expect(error).toMatchObject({ cause: first, errors: [first, second] });
    expect(error.message).toBe(
      "fork #0 (load) failed: Error: first; fork #1 (anonymous) failed: Error: second",
    );
  });

  it("a clean-up that fails in an inner run aborted with the outer one is reported", async () => {
    const error = await aggregateOf(
      asyncRun(async ({ fork }) => {
        void fork(() =>
          asyncRun(async (inner) => {
            inner.own(new Store(second));
            await untilAborted(inner);
          }),
        );
        await turn();
        throw first;
      }),
    );
    expect(error.cause).toBe(first);
    expect(error.errors).toHaveLength(2);
    expect((error.errors[1] as AggregateError).errors[1]).toBe(second);
    expect(error.message).toContain("own #0 (Store) failed: Error: second");
  });
});
