import type { AnyEventEnd } from "../contract/event.ts";
import { describeError, plainFacts } from "../support/plain-data.ts";

/**
 * Events in the Trace Event Format, which Perfetto, chrome://tracing and speedscope open.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export interface ChromeTrace {
  readonly displayTimeUnit: "ms";
  readonly traceEvents: readonly ChromeTraceEvent[];
}

interface ChromeTraceEvent {
  readonly name: string;
  readonly cat?: string;
  /** `X`: an event with a duration. `M`: the name of a process or a row. */
  readonly ph: "X" | "M";
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: object;
}

/** A row of the view: its events are nested, never overlapping. */
interface Row {
  readonly number: number;
  /** Events that are open at the current time, outermost first. */
  readonly open: AnyEventEnd[];
}

/**
 * Writes events as a Chrome trace. Concurrent events have separate rows.
 *
 * @param sourceOf names the thread or process that an event comes from
 */
export function toChromeTrace(
  events: readonly AnyEventEnd[],
  sourceOf: (event: AnyEventEnd) => string,
): ChromeTrace {
  const origin = events.reduce(
    (least, { startTime }) => Math.min(least, startTime),
    Number.POSITIVE_INFINITY,
  );
  const latest = events.reduce(
    (most, { startTime, endTime }) => Math.max(most, startTime, Number.isNaN(endTime) ? 0 : endTime),
    0,
  );
  const endOf = (event: AnyEventEnd): number => (Number.isNaN(event.endTime) ? latest : event.endTime);
  const ordered = events.toSorted((a, b) => a.startTime - b.startTime || endOf(b) - endOf(a));
  const traceEvents: ChromeTraceEvent[] = [];
  for (const [index, [source, own]] of [...Map.groupBy(ordered, sourceOf)].entries()) {
    const pid = index + 1;
    traceEvents.push({ name: "process_name", ph: "M", ts: 0, pid, tid: 0, args: { name: source } });
    const rows: Row[] = [];
    const rowOf = new Map<string, Row>();
    for (const event of own) {
      const row = findRow(rows, rowOf, event, endOf);
      row.open.push(event);
      rowOf.set(event.id, row);
      traceEvents.push({
        name: event.type,
        cat: event.traceName,
        ph: "X",
        ts: microseconds(event.startTime - origin),
        dur: microseconds(endOf(event) - event.startTime),
        pid,
        tid: row.number,
        args: argumentsOf(event),
      });
    }
    for (const { number } of rows) {
      const name = number === 1 ? "main" : `concurrent ${number}`;
      traceEvents.push({ name: "thread_name", ph: "M", ts: 0, pid, tid: number, args: { name } });
    }
  }
  return { displayTimeUnit: "ms", traceEvents };
}

/** The row of its parent if it fits there, else the first free row. */
function findRow(
  rows: Row[],
  rowOf: ReadonlyMap<string, Row>,
  event: AnyEventEnd,
  endOf: (event: AnyEventEnd) => number,
): Row {
  const parents = event.parentId === undefined ? undefined : rowOf.get(event.parentId);
  if (parents) {
    const top = topAt(parents, event.startTime, endOf);
    if (top && top.id === event.parentId && endOf(top) >= endOf(event)) return parents;
  }
  const free = rows.find((row) => topAt(row, event.startTime, endOf) === undefined);
  if (free) return free;
  const row = { number: rows.length + 1, open: [] };
  rows.push(row);
  return row;
}

function topAt({ open }: Row, time: number, endOf: (event: AnyEventEnd) => number): AnyEventEnd | undefined {
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (endOf(top) > time) return top;
    open.pop();
  }
  return undefined;
}

/** Facts, never texts or vectors, which a timeline does not need. */
function argumentsOf(event: AnyEventEnd): object {
  const tags = Object.keys(event.tags).length > 0 && { tags: event.tags };
  const facts = { ...plainFacts(event.payload), ...plainFacts(event.endPayload), ...tags };
  if (Number.isNaN(event.endTime)) return { ...facts, status: "open" };
  if (event.status === "ok") return facts;
  if (event.status === "aborted" || event.errorEventId !== undefined)
    return { ...facts, status: event.status };
  const { name, message } = describeError(event.error);
  return { ...facts, status: "error", error: `${name}: ${message}` };
}

const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1e6) / 1e3;
