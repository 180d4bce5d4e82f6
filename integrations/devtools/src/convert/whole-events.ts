import type { DevtoolsRecord, EventRecord, StartRecord } from "../record/devtools-record.ts";

/** An event with its end, or without one if it was still open. */
export type WholeEvent = Omit<EventRecord, "kind" | "end" | "status"> & {
  readonly end: number | undefined;
  readonly status: EventRecord["status"] | undefined;
};

/** The events of a record, each when its end is known; at the end those that are open. Only those are kept in memory. */
export async function* wholeEvents(records: AsyncIterable<DevtoolsRecord>): AsyncGenerator<WholeEvent> {
  const open = new Map<string, StartRecord>();
  for await (const record of records) {
    if (record.kind === "event") yield record;
    else if (record.kind === "start") open.set(record.id, record);
    else if (record.kind === "end") {
      const start = open.get(record.id);
      if (start === undefined) continue;
      open.delete(record.id);
      yield { ...start, ...record, time: start.time, end: record.time };
    }
  }
  for (const start of open.values()) yield { ...start, end: undefined, status: undefined };
}
