import { durationOf, labelOf, type PageEvent, selfTimeOf, titleOf } from "./page-event.ts";

/** A line of the tree: an event, or several siblings of one kind. */
export interface TreeRow {
  /** The same for as long as the row means the same. */
  readonly key: string;
  /** From 1. */
  readonly level: number;
  readonly label: string;
  /** The one event; `undefined` for several. */
  readonly event: PageEvent | undefined;
  /** How many it stands for. */
  readonly count: number;
  readonly failed: number;
  readonly open: number;
  /** How long any of them ran, in milliseconds: times in which several did count once. */
  readonly total: number;
  /** The average of several and the longest of them; the time of one event in which none of its children ran. */
  readonly average: number;
  readonly longest: number;
  readonly self: number;
  /** `undefined` where there is nothing inside. */
  readonly isExpanded: boolean | undefined;
  /** The duration of the event around it, for the share. */
  readonly around: number | undefined;
}

/** How rows are ordered. */
export type TreeOrder = "slowest" | "first";

/** An expanded fold lists so many; the search finds the others. */
const mostListed = 200;
const deepest = 60;

/** The rows that are visible, in the order of the page. */
export function treeRows(
  roots: readonly PageEvent[],
  isExpanded: (key: string) => boolean,
  order: TreeOrder,
  now: number,
): TreeRow[] {
  const rows: TreeRow[] = [];
  addLevel(roots, "", 1, undefined);
  return rows;

  function addLevel(
    events: readonly PageEvent[],
    above: string,
    level: number,
    around: number | undefined,
  ): void {
    const groups = new Map<string, PageEvent[]>();
    for (const event of events) {
      const label = level === 1 ? (event.traceName ?? labelOf(event)) : labelOf(event);
      const group = groups.get(label);
      if (group === undefined) groups.set(label, [event]);
      else group.push(event);
    }
    const made = [...groups].map(([label, group]) => rowOf(label, group, `${above}/${label}`, level, around));
    if (order === "slowest") made.sort((one, other) => other.row.total - one.row.total);
    for (const { row, group } of made) {
      rows.push(row);
      if (!row.isExpanded || level > deepest) continue;
      if (row.event !== undefined) addLevel(row.event.children ?? [], row.event.id, level + 1, row.total);
      else addMembers(group, level + 1, around);
    }
  }

  function addMembers(group: readonly PageEvent[], level: number, around: number | undefined): void {
    const sorted =
      order === "slowest"
        ? group.toSorted((one, other) => durationOf(other, now) - durationOf(one, now))
        : group;
    for (const event of sorted.slice(0, mostListed)) {
      const { row } = rowOf(titleOf(event), [event], event.id, level, around);
      rows.push(row);
      if (row.isExpanded) addLevel(event.children ?? [], event.id, level + 1, row.total);
    }
    if (sorted.length > mostListed) {
      rows.push(moreRow(sorted.length - mostListed, level, `${sorted[0]!.id}/more`));
    }
  }

  function rowOf(
    label: string,
    group: PageEvent[],
    groupKey: string,
    level: number,
    around: number | undefined,
  ): { row: TreeRow; group: PageEvent[] } {
    const event = group.length === 1 ? group[0] : undefined;
    const key = event?.id ?? groupKey;
    let [sum, longest, failed, open] = [0, 0, 0, 0];
    for (const each of group) {
      const duration = durationOf(each, now);
      sum += duration;
      longest = Math.max(longest, duration);
      if (each.status === "error") failed++;
      if (each.status === "open") open++;
    }
    const hasInside = event === undefined || (event.children?.length ?? 0) > 0;
    const shown =
      event === undefined ? label : level === 1 && event.traceName !== undefined ? label : titleOf(event);
    const row: TreeRow = {
      key,
      level,
      label: shown,
      event,
      count: group.length,
      failed,
      open,
      total: event === undefined ? unionOf(group, now) : sum,
      average: sum / group.length,
      longest,
      self: event === undefined ? Number.NaN : selfTimeOf(event, now),
      isExpanded: hasInside ? isExpanded(key) : undefined,
      around,
    };
    return { row, group };
  }
}

function moreRow(count: number, level: number, key: string): TreeRow {
  return {
    key,
    level,
    label: `… ${count} more: search for them`,
    event: undefined,
    count: 0,
    failed: 0,
    open: 0,
    total: Number.NaN,
    average: Number.NaN,
    longest: Number.NaN,
    self: Number.NaN,
    isExpanded: undefined,
    around: undefined,
  };
}

/** The time in which at least one of them ran. They are in the order of their starts, but for those whose start came late. */
function unionOf(events: readonly PageEvent[], now: number): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, end } of events) {
    const stop = Number.isNaN(end) ? now : end;
    if (stop <= until) continue;
    total += stop - Math.max(start, until);
    until = stop;
  }
  return total;
}
