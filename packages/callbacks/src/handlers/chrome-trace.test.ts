import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toChromeTrace } from "./chrome-trace.ts";
import { deserializeEvent, type SerializedEvent } from "../traces/serialized-event.ts";

interface Shape {
  readonly start: number;
  readonly length: number;
  /** The index of its parent among the earlier events; none if out of range. */
  readonly parent: number;
}

function eventsOf(shapes: readonly Shape[]): SerializedEvent[] {
  return shapes.map(({ start, length, parent }, index) => ({
    id: `e${index}`,
    type: `type-${index}`,
    traceId: "t",
    traceName: "job",
    startTime: start,
    endTime: start + length,
    status: "ok",
    ...(parent < index && { parentId: `e${parent}` }),
    payload: { content: "secret" },
    endPayload: {},
  }));
}

const shape = fc.record({
  start: fc.integer({ min: 0, max: 40 }),
  length: fc.integer({ min: 1, max: 20 }),
  parent: fc.nat({ max: 12 }),
});

describe("a Chrome trace", () => {
  it("contains each event once, in rows where events overlap only if nested", () => {
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 25 }), (shapes) => {
        const events = eventsOf(shapes);
        const { traceEvents } = toChromeTrace(events.map(deserializeEvent), () => "here");
        const bars = traceEvents.filter(({ ph }) => ph === "X");
        expect(bars.map(({ name }) => name).toSorted()).toEqual(events.map(({ type }) => type).toSorted());
        for (const row of Map.groupBy(bars, ({ tid }) => tid).values()) {
          for (const a of row) {
            for (const b of row) {
              if (a === b) continue;
              const [aEnd, bEnd] = [a.ts + a.dur!, b.ts + b.dur!];
              const apart = aEnd <= b.ts || bEnd <= a.ts;
              const nested = (a.ts <= b.ts && aEnd >= bEnd) || (b.ts <= a.ts && bEnd >= aEnd);
              expect(apart || nested).toBe(true);
            }
          }
        }
      }),
    );
  });

  it("has times in microseconds from the first event, facts, and no content", () => {
    const [parent, child] = eventsOf([
      { start: 1000, length: 10.5, parent: 99 },
      { start: 1002.25, length: 3, parent: 0 },
    ]);
    const failed = {
      ...child!,
      status: "error",
      error: { name: "TypeError", message: "no" },
      endPayload: { count: 3 },
    } as const;
    const { traceEvents } = toChromeTrace([parent!, failed].map(deserializeEvent), () => "process 1");
    const bars = traceEvents.filter(({ ph }) => ph === "X");
    expect(bars).toMatchObject([
      { name: "type-0", cat: "job", ts: 0, dur: 10_500, tid: 1 },
      { ts: 2250, dur: 3000, tid: 1, args: { count: 3, status: "error", error: "TypeError: no" } },
    ]);
    expect(JSON.stringify(traceEvents)).not.toContain("secret");
    expect(traceEvents).toContainEqual(
      expect.objectContaining({ name: "process_name", ph: "M", args: { name: "process 1" } }),
    );
  });

  it("draws an open event up to the last that is known, and each source as a process", () => {
    const [done, open] = eventsOf([
      { start: 0, length: 10, parent: 99 },
      { start: 4, length: 1, parent: 99 },
    ]);
    const { endTime: _endTime, status: _status, ...stillOpen } = open!;
    const events = [done!, stillOpen].map(deserializeEvent);
    const { traceEvents } = toChromeTrace(events, ({ id }) => `source of ${id}`);
    const bars = traceEvents.filter(({ ph }) => ph === "X");
    expect(bars.map(({ dur, pid }) => [dur, pid])).toEqual([
      [10_000, 1],
      [6000, 2],
    ]);
    expect(bars[1]!.args).toMatchObject({ status: "open" });
  });
});
