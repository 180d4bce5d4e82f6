import type { AnyEventEnd, EventStatus } from "../contract/event.ts";
import { describeError } from "../support/plain-data.ts";

/** Events of one kind below one parent: a single one, or several shown as one line. */
export interface EventGroup {
  /** The type; of a function or an agent's step that has one, also its name. */
  readonly label: string;
  readonly count: number;
  /** Milliseconds during which at least one of them ran; `NaN` when all are open. */
  readonly duration: number;
  /** Mean duration of one, in milliseconds. */
  readonly average: number;
  /** Milliseconds during which none of their children ran. */
  readonly self: number;
  readonly status: EventStatus | "open";
  /** Why it failed. */
  readonly note: string;
  readonly children: readonly EventGroup[];
  /** How many events are further below and not among the children, because the tree is cut off here. */
  readonly deeper: number;
}

export interface TraceGroup {
  readonly name: string;
  readonly duration: number;
  readonly groups: readonly EventGroup[];
}

type Interval = readonly [start: number, end: number];

/** The levels of a tree that are shown. */
const deepest = 50;

/** This many siblings of one type, or more, are folded into one line. */
const foldFrom = 3;

/** Builds the tree of each trace from its events; one whose parent is not among them is at the top. */
export function groupEvents(events: readonly AnyEventEnd[]): TraceGroup[] {
  // An event that was merged twice is one event.
  const known = new Map(events.map((event) => [event.id, event]));
  const children = new Map<string, AnyEventEnd[]>();
  const traces = new Map<string, { name: string; tops: AnyEventEnd[] }>();
  for (const event of [...known.values()].toSorted((a, b) => a.startTime - b.startTime)) {
    const trace = getOrAdd(traces, event.traceId, () => ({ name: event.traceName, tops: [] }));
    if (event.parentId !== undefined && known.has(event.parentId)) {
      getOrAdd(children, event.parentId, () => []).push(event);
    } else {
      trace.tops.push(event);
    }
  }
  return [...traces.values()].map(({ name, tops }) => ({
    name,
    duration: spanOf(tops),
    groups: groupSiblings(tops, children, 1),
  }));
}

function groupSiblings(
  siblings: readonly AnyEventEnd[],
  children: ReadonlyMap<string, readonly AnyEventEnd[]>,
  level: number,
): EventGroup[] {
  const kinds = new Map<string, AnyEventEnd[]>();
  for (const event of siblings) getOrAdd(kinds, kindOf(event), () => []).push(event);
  const groups: { first: AnyEventEnd; members: readonly AnyEventEnd[] }[] = [];
  for (const members of kinds.values()) {
    if (members.length >= foldFrom) groups.push({ first: members[0]!, members });
    else groups.push(...members.map((event) => ({ first: event, members: [event] })));
  }
  groups.sort((a, b) => a.first.startTime - b.first.startTime);
  return groups.map(({ first, members }) => {
    const below = members.flatMap((event) => children.get(event.id) ?? []);
    const intervals = members.filter(isClosed).map(intervalOf);
    const duration = intervals.length === 0 ? Number.NaN : union(intervals);
    const sum = intervals.reduce((total, [start, end]) => total + end - start, 0);
    return {
      label: labelOf(first),
      count: members.length,
      duration,
      average: sum / intervals.length,
      self: duration - union(clipTo(below.filter(isClosed).map(intervalOf), intervals)),
      status: isClosed(first) ? first.status : "open",
      note: noteOf(first),
      children: level < deepest ? groupSiblings(below, children, level + 1) : [],
      deeper: level < deepest ? 0 : countBelow(below, children),
    };
  });
}

/** The number of these events and all below them. */
function countBelow(
  events: readonly AnyEventEnd[],
  children: ReadonlyMap<string, readonly AnyEventEnd[]>,
): number {
  let count = 0;
  const left = [...events];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    count++;
    for (const child of children.get(next.id) ?? []) left.push(child);
  }
  return count;
}

/** Only events that look the same are folded: a failed one does not vanish among the others. */
function kindOf(event: AnyEventEnd): string {
  return `${labelOf(event)}/${isClosed(event) ? event.status : "open"}/${noteOf(event)}`;
}

function labelOf({ type, payload }: AnyEventEnd): string {
  const isNamed = type === "function_call" || type === "agent_step";
  const name = isNamed ? (payload as { readonly name?: unknown }).name : undefined;
  return typeof name === "string" ? `${type} ${name}` : type;
}

function noteOf(event: AnyEventEnd): string {
  if (!isClosed(event)) return "still open";
  if (event.status === "aborted") return "⊘ aborted";
  if (event.status !== "error") return "";
  if (event.errorEventId !== undefined) return "✗";
  const { name, message } = describeError(event.error);
  return `✗ ${name}: ${message.split("\n", 1)[0]}`;
}

const isClosed = (event: AnyEventEnd): boolean => !Number.isNaN(event.duration);

const intervalOf = (event: AnyEventEnd): Interval => [event.startTime, event.startTime + event.duration];

function spanOf(events: readonly AnyEventEnd[]): number {
  const intervals = events.filter(isClosed).map(intervalOf);
  if (intervals.length === 0) return Number.NaN;
  const [start, end] = boundsOf(intervals);
  return end - start;
}

/** The interval from the first start to the last end. */
function boundsOf(intervals: readonly Interval[]): Interval {
  return intervals.reduce(
    ([least, most], [start, end]) => [Math.min(least, start), Math.max(most, end)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** The time covered by intervals that may overlap. */
function union(intervals: readonly Interval[]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [start, end] of intervals.toSorted((a, b) => a[0] - b[0])) {
    if (end <= until) continue;
    total += end - Math.max(start, until);
    until = end;
  }
  return total;
}

/** Cuts off the time of children after the end of their parents. */
function clipTo(intervals: readonly Interval[], bounds: readonly Interval[]): Interval[] {
  const [from, to] = boundsOf(bounds);
  return intervals
    .map(([start, end]): Interval => [Math.max(start, from), Math.min(end, to)])
    .filter(([start, end]) => end > start);
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
