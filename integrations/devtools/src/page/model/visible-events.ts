import type { PageEvent } from "./page-event.ts";

/** A piece of a row as it is drawn: one event, or several that would share a pixel. */
export interface DrawnPiece {
  /** The last of them. */
  readonly event: PageEvent;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly hasFailed: boolean;
}

/**
 * The pieces of a row that are visible between two times. Events narrower than `shortest` that follow each other closely become
 * one piece, so that a row has at most as many as it has pixels.
 *
 * @param row in the order of its starts; its events do not overlap
 */
export function visiblePieces(
  row: readonly PageEvent[],
  from: number,
  to: number,
  shortest: number,
  now: number,
): DrawnPiece[] {
  const pieces: DrawnPiece[] = [];
  let piece: { event: PageEvent; from: number; to: number; count: number; hasFailed: boolean } | undefined;
  for (let index = firstVisible(row, from); index < row.length; index++) {
    const event = row[index]!;
    if (event.start > to) break;
    const end = Number.isNaN(event.end) ? Math.max(now, event.start) : event.end;
    if (end < from) continue;
    const isShort = end - event.start < shortest;
    const hasFailed = event.status === "error";
    if (piece !== undefined && isShort && event.start - piece.from < shortest) {
      piece.event = event;
      piece.to = Math.max(piece.to, end);
      piece.count++;
      piece.hasFailed ||= hasFailed;
      continue;
    }
    const made = { event, from: event.start, to: end, count: 1, hasFailed };
    pieces.push(made);
    piece = isShort ? made : undefined;
  }
  return pieces;
}

/** A part of the time, in milliseconds since 1970. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** How long the part of a run is that is seen: the margins beside the run do not count. */
export function seenOf(run: Span, seen: Span): number {
  return Math.max(0, Math.min(run.to, seen.to) - Math.max(run.from, seen.from));
}

/** The last event that starts at a time or before it, or the first of the row. */
function firstVisible(row: readonly PageEvent[], time: number): number {
  let [low, high] = [0, row.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (row[middle]!.start <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The event of a row at a time, or the nearest within a distance. */
export function eventAt(
  row: readonly PageEvent[],
  time: number,
  distance: number,
  now: number,
): PageEvent | undefined {
  if (row.length === 0) return undefined;
  const index = firstVisible(row, time);
  let best: PageEvent | undefined;
  let least = distance;
  for (const event of row.slice(Math.max(0, index - 1), index + 2)) {
    const end = Number.isNaN(event.end) ? now : event.end;
    const away = time < event.start ? event.start - time : Math.max(0, time - end);
    if (away > least || (away === least && best !== undefined)) continue;
    best = event;
    least = away;
  }
  return best;
}
