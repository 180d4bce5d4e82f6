import type { Job } from "@llx/async";
import { describe, expect, it } from "vitest";
import { race } from "./race.ts";

/** Runs until it is aborted, and takes a while to end then. */
function hanging(log: string[]): Job<string> {
  return async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    log.push("aborted");
    await new Promise(setImmediate);
    log.push("ended");
    throw signal.reason;
  };
}

describe("a race", () => {
  it("is won by the first success; the losers are aborted, and have ended", async () => {
    const log: string[] = [];
    expect(await race([hanging(log), async () => "first", hanging(log)])).toEqual({
      winner: 1,
      value: "first",
    });
    expect(log).toEqual(["aborted", "aborted", "ended", "ended"]);
  });

  it("is not lost by one who fails early", async () => {
    const failing = (): Promise<string> => Promise.reject(new Error("down"));
    const later = async (): Promise<string> => {
      await new Promise(setImmediate);
      return "later";
    };
    expect(await race([failing, later])).toEqual({ winner: 1, value: "later" });
  });

  it("of which all have failed says why", async () => {
    const [one, two] = [new Error("one"), new Error("two")];
    const failed: unknown = await race([() => Promise.reject(one), () => Promise.reject(two)]).catch(
      (error: unknown) => error,
    );
    expect(failed).toEqual(new AggregateError([one, two], "all 2 contenders have failed"));
    expect((failed as AggregateError).errors).toEqual([one, two]);
  });

  it("stops with its signal", async () => {
    const log: string[] = [];
    const stopping = new AbortController();
    const stopped = race([hanging(log), hanging(log)], stopping.signal);
    setImmediate(() => stopping.abort(new Error("stop")));
    await expect(stopped).rejects.toThrow("stop");
    expect(log).toEqual(["aborted", "aborted", "ended", "ended"]);
  });
});
