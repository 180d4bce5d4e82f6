import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RefusalGate } from "./refusal-gate.ts";

// The longest possible waits.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(1));
afterEach(() => vi.restoreAllMocks());

/** A gate whose service has responded, and then has refused at 0. */
function refusedAtZero(): RefusalGate {
  const gate = new RefusalGate();
  gate.heard();
  gate.refused(0, gate.started(0), {}, [], 0);
  return gate;
}

const tenSeconds = { interval: 10_000, at: 10_000 };

describe("the gate", () => {
  it("is open until a service refuses, and again when a probe succeeds", () => {
    const gate = new RefusalGate();
    expect([gate.startsAt, gate.started(5)]).toEqual([0, false]);
    gate.refused(5, false, {}, [], 10);
    expect([gate.since, gate.startsAt]).toEqual([10, 260]);
    expect(gate.started(260)).toBe(true);
    gate.answered(260, true);
    expect([gate.since, gate.startsAt]).toEqual([undefined, 0]);
  });

  it("waits twice as long after each probe, up to five seconds", () => {
    const gate = refusedAtZero();
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      const now = gate.startsAt;
      gate.refused(now, gate.started(now), {}, [], now);
      waits.push(gate.startsAt - now);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
  });

  it("waits less and less if the first probe succeeds repeatedly", () => {
    const gate = new RefusalGate();
    const refusedFirst = (now: number): number => {
      gate.refused(now, gate.started(now), {}, [], now);
      return gate.startsAt - now;
    };
    const waits: number[] = [];
    for (let now = 0; now < 6_000; now += 1_000) {
      waits.push(refusedFirst(now));
      gate.answered(gate.startsAt, gate.started(gate.startsAt));
    }
    expect(waits).toEqual([250, 125, 62.5, 31.25, 15.625, 15]);
    refusedFirst(6_000);
    // Twice as long, and from there on twice as long again.
    expect([refusedFirst(6_015), refusedFirst(6_075)]).toEqual([60, 240]);
  });

  it("waits as long as the service asks, and slightly longer", () => {
    const gate = new RefusalGate();
    gate.refused(0, false, { retryAfter: 2_000 }, [], 0);
    expect(gate.startsAt).toBe(2_200);
    gate.refused(0, false, { retryAfter: 60_000 }, [], 100);
    expect(gate.startsAt).toBe(60_600);
  });

  it("waits longer and longer where the service refuses after each short wait that it asks for", () => {
    const gate = new RefusalGate();
    const waits: number[] = [];
    let now = 0;
    for (let tries = 0; tries < 8; tries++) {
      gate.refused(now, gate.started(now), { retryAfter: 1 }, [], now);
      waits.push(gate.startsAt - now);
      now = gate.startsAt;
    }
    const expected = [1, 15, 30, 60, 120, 240, 250, 250];
    expect(waits.map((each, index) => each - 1.1 * expected[index]!)).toEqual(
      expected.map(() => expect.closeTo(0, 6)),
    );
    gate.answered(now, gate.started(now));
    gate.refused(now, gate.started(now), { retryAfter: 1 }, [], now);
    expect(gate.startsAt - now).toBeCloseTo(1.1, 6);
  });

  it("probes just after a window has ended, if that is at about the time", () => {
    const gate = new RefusalGate();
    gate.refused(0, false, {}, [{ interval: 1_000, at: 400 }, tenSeconds], 0);
    expect(gate.startsAt).toBe(500);
    gate.refused(500, gate.started(500), {}, [tenSeconds], 500);
    expect(gate.startsAt).toBe(1_000);
  });

  it("probes once at the end of the window for whose length the service asks, and then waits as it asks", () => {
    const gate = new RefusalGate();
    const second = { interval: 1_000, at: 1_000 };
    gate.refused(300, false, { retryAfter: 1_000 }, [second, tenSeconds], 400);
    expect(gate.startsAt).toBe(1_100);
    // Another of the requests in flight when the first was refused.
    gate.refused(350, false, { retryAfter: 1_000 }, [second, tenSeconds], 450);
    expect(gate.startsAt).toBe(1_100);
    gate.refused(1_100, gate.started(1_100), { retryAfter: 1_000 }, [{ interval: 1_000, at: 1_300 }], 1_110);
    // Up to a tenth longer.
    expect(gate.startsAt).toBe(2_210);
  });

  it.each([
    ["of no known window", 3_000],
    ["that is over before the window ends", 500],
    ["that ends at about the same time as the window", 1_000],
  ])("probes no earlier than after the wait that a service asks for, %s", (_which, retryAfter) => {
    const gate = new RefusalGate();
    gate.refused(0, false, { retryAfter }, [{ interval: 1_000, at: 950 }, tenSeconds], 0);
    expect(gate.startsAt).toBeCloseTo(1.1 * retryAfter, 6);
  });

  it("counts refusals of requests in flight as one", () => {
    const gate = refusedAtZero();
    gate.refused(0, false, {}, [], 20);
    gate.refused(0, false, {}, [], 30);
    expect([gate.startsAt, gate.refusals]).toEqual([250, { since: 0, tries: 0, lastSent: 0 }]);
    gate.answered(250, gate.started(250));
    gate.refused(0, false, {}, [], 300);
    expect(gate.since).toBeUndefined();
  });

  it("sends one probe at a time, and another if its end is not reported for a minute", () => {
    const gate = refusedAtZero();
    gate.watch(() => {});
    gate.started(250);
    expect(gate.startsAt).toBe(60_250);
    gate.lost(250, true, 300);
    expect(gate.startsAt).toBe(550);
  });

  it("sends another probe after five seconds if nobody watches, who would report what has failed", () => {
    const gate = refusedAtZero();
    gate.started(250);
    expect(gate.startsAt).toBe(5_250);
    expect(gate.started(5_250)).toBe(true);
    gate.answered(5_250, true);
    expect(gate.startsAt).toBe(0);
  });

  it("opens, with a warning, if a probe is not reported for five seconds and no response ever was", () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const gate = new RefusalGate();
    gate.refused(0, gate.started(0), {}, [], 0);
    expect(gate.started(250)).toBe(true);
    expect([gate.startsAt, warn.mock.calls]).toEqual([5_250, []]);
    expect(gate.started(5_250)).toBe(false);
    expect([gate.since, gate.startsAt]).toEqual([undefined, 0]);
    expect(warn.mock.calls).toEqual([
      [
        "a request that was sent after a refusal has no outcome after 5 seconds, for which others waited. " +
          "Call settle() of the lease of each request that gets a response, and lost() of each that gets none",
        { type: "LeaseUnsettled", code: "LLX_LEASE_UNSETTLED" },
      ],
    ]);
  });

  it("warns once, with the last error, if a service refuses for half a minute", () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const gate = refusedAtZero();
    const refuseAll = (until: number): void => {
      while (gate.startsAt < until) {
        const now = gate.startsAt;
        gate.refused(now, gate.started(now), { cause: new Error(`busy for ${now}`) }, [], now);
      }
    };
    refuseAll(29_000);
    expect(warn).not.toHaveBeenCalled();
    refuseAll(100_000);
    // Probes are 0.25, 0.5, 1, 2, 4 and then 5 seconds apart.
    expect(warn.mock.calls).toEqual([
      [
        "a service has refused all requests for 33 seconds: Error: busy for 32750. Requests wait until it accepts them again, or " +
          "maxRefusedTime of retry has passed",
        { type: "ServiceRefuses", code: "LLX_SERVICE_REFUSES" },
      ],
    ]);
  });

  it("waits for a slow probe of a watcher, who reports it, even if it is the first response", () => {
    const gate = new RefusalGate();
    gate.watch(() => {});
    gate.refused(0, gate.started(0), {}, [], 0);
    expect(gate.started(250)).toBe(true);
    expect(gate.startsAt).toBe(60_250);
  });

  describe("whose probe is cut short by its caller", () => {
    /** Starts probes at a time, as many as may start. */
    const startAll = (gate: RefusalGate, now: number): number => {
      let count = 0;
      for (; gate.startsAt <= now && gate.started(now); count++);
      return count;
    };

    it("sends more at once, until one shows whether the service refuses", () => {
      const gate = refusedAtZero();
      expect(startAll(gate, 249)).toBe(0);
      expect(startAll(gate, 250)).toBe(1);
      gate.cut(250, true);
      expect(startAll(gate, 260)).toBe(2);
      gate.cut(260, true);
      expect(startAll(gate, 270)).toBe(2);
      gate.answered(270, true);
      expect(gate.since).toBeUndefined();
    });

    it("sends one at a time again after a refusal, which counts once", () => {
      const gate = refusedAtZero();
      gate.watch(() => {});
      startAll(gate, 250);
      gate.cut(250, true);
      expect(startAll(gate, 260)).toBe(2);
      gate.refused(260, true, {}, [], 300);
      expect(gate.startsAt).toBe(60_260);
      gate.refused(260, true, {}, [], 310);
      expect([gate.startsAt, gate.refusals?.tries]).toEqual([800, 1]);
      expect(startAll(gate, 800)).toBe(1);
    });

    it("waits as before if one gets no response, or was not sent", () => {
      const gate = refusedAtZero();
      startAll(gate, 250);
      gate.cancelled(250, true);
      expect(startAll(gate, 250)).toBe(1);
      gate.cut(250, true);
      expect(startAll(gate, 260)).toBe(2);
      gate.lost(260, true, 300);
      gate.lost(260, true, 300);
      expect(gate.startsAt).toBe(550);
      expect(startAll(gate, 550)).toBe(1);
    });

    it("takes no notice of probes of an earlier time", () => {
      const gate = refusedAtZero();
      startAll(gate, 250);
      gate.cut(250, true);
      startAll(gate, 260);
      gate.answered(260, true);
      gate.refused(400, false, {}, [], 500);
      for (const report of ["answered", "cut", "cancelled"] as const) gate[report](260, true);
      gate.lost(260, true, 510);
      expect([gate.since, gate.startsAt]).toEqual([500, 625]);
      expect(startAll(gate, 625)).toBe(1);
    });
  });

  it("notifies its listener of each change", () => {
    const gate = new RefusalGate();
    const [told, late] = [vi.fn(), vi.fn()];
    gate.watch(told);
    gate.refused(0, false, {}, [], 0);
    gate.watch(late);
    gate.refused(250, gate.started(250), {}, [], 250);
    gate.unwatch(late);
    gate.answered(750, gate.started(750));
    expect(told.mock.calls.map(([nextTry]) => nextTry)).toEqual([250, 750, undefined]);
    expect(late.mock.calls.map(([nextTry]) => nextTry)).toEqual([250, 750]);
  });

  it("tells its listener how long the service has asked to wait", () => {
    const gate = new RefusalGate();
    const told = vi.fn();
    gate.watch(told);
    gate.refused(0, false, { retryAfter: 5_000 }, [], 0);
    expect(told).toHaveBeenCalledWith(expect.any(Number), 5_000);
  });
});
