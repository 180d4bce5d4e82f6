import { styleText } from "node:util";
import type { AnyEventEnd } from "../contract/event.ts";
import { formatDuration } from "@llx/support";
import { type EventGroup, groupEvents } from "./event-group.ts";
import { warnOfOutput } from "./warn-of-output.ts";

/** Where a tree is printed: a terminal, a file, a test. */
export interface Sink {
  write(text: string): unknown;
  /** Characters per line. Default 80; errors may then be longer, unless this is a terminal. */
  readonly columns?: number | undefined;
  /** Whether colours are supported. */
  readonly isTTY?: boolean | undefined;
}

interface Row {
  readonly label: string;
  /** The prefix of the lines below: the guides of the tree. */
  readonly guides: string;
  readonly cells: readonly string[];
  readonly note: string;
  readonly status: EventGroup["status"];
}

/** Prints events as one tree for each trace, oldest first. */
export function printTraceTree(events: readonly AnyEventEnd[], sink: Sink, dropped: number): void {
  const width = Math.max(20, sink.columns ?? 80);
  const paint = painter(sink);
  const write = (text: string): void => warnOfOutput(sink, sink.write(text));
  for (const trace of groupEvents(events)) {
    const head = `trace ${trace.name}  ${formatDuration(trace.duration)}`;
    write(`${paint("bold", clip(head, width))}\n`);
    const rows = trace.groups.flatMap((group, index) =>
      rowsOf(group, "", index === trace.groups.length - 1, trace.duration),
    );
    const cut = sink.isTTY || sink.columns ? clip : String;
    for (const line of layOut(rows, width, cut, paint)) write(`${line}\n`);
  }
  if (dropped > 0) {
    write(`${clip(`(${dropped} older events were dropped; raise maxEvents to keep more)`, width)}\n`);
  }
}

function rowsOf(group: EventGroup, indent: string, last: boolean, parentDuration: number): Row[] {
  const share = parentDuration > 0 ? `${((100 * group.duration) / parentDuration).toFixed(1)} %` : "";
  const many = group.count > 1;
  const guides = indent + (last ? "   " : "│  ");
  const row: Row = {
    guides,
    label: `${indent}${last ? "└─ " : "├─ "}${group.label}${many ? ` ×${group.count}` : ""}`,
    cells: [
      formatDuration(group.duration),
      Number.isNaN(group.duration) ? "" : share,
      many
        ? `avg ${formatDuration(group.average)}`
        : group.children.length > 0
          ? `self ${formatDuration(group.self)}`
          : "",
    ],
    note: group.note,
    status: group.status,
  };
  const rows = [row];
  for (const [index, child] of group.children.entries()) {
    const isLast = index === group.children.length - 1;
    for (const each of rowsOf(child, guides, isLast, group.duration)) rows.push(each);
  }
  if (group.deeper > 0) {
    // At the left: at this depth, no terminal has room.
    const label = `… ${group.deeper} ${group.deeper === 1 ? "event" : "events"} further below`;
    rows.push({ guides: "", label, cells: ["", "", ""], note: "", status: "ok" });
  }
  return rows;
}

/** Aligns rows in columns; if the line is too narrow, the last columns are dropped first. */
function* layOut(rows: readonly Row[], width: number, cut: typeof clip, paint: Paint): Generator<string> {
  const labelWidth = longest(rows, ({ label }) => label);
  const cellWidths = [0, 1, 2].map((column) => longest(rows, ({ cells }) => cells[column]!));
  let columns = cellWidths.length;
  const total = (): number => cellWidths.slice(0, columns).reduce((sum, cell) => sum + cell + 2, 0);
  while (columns > 1 && labelWidth + total() > width) columns--;
  const room = Math.min(labelWidth, width - total());
  for (const { label, guides, cells, note, status } of rows) {
    const shown = cells.slice(0, columns).map((cell, column) => cell.padStart(cellWidths[column]! + 2));
    const line = clip(label, room).padEnd(room) + shown.join("");
    const style = status === "error" ? "red" : status === "aborted" ? "yellow" : "plain";
    const space = width - line.length - 2;
    const isBelow = space < Math.min(note.length, 16);
    yield paint(style, (isBelow ? line : `${line}  ${cut(note, space)}`).trimEnd());
    if (note !== "" && isBelow) {
      const before = clip(guides, width - 12);
      yield paint(style, before + cut(note, width - before.length));
    }
  }
}

/** There are too many rows for the arguments of one `Math.max`. */
function longest(rows: readonly Row[], textOf: (row: Row) => string): number {
  return rows.reduce((most, row) => Math.max(most, textOf(row).length), 0);
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

type Paint = (style: "plain" | "bold" | "red" | "yellow", text: string) => string;

/** Colours for a terminal, unless `NO_COLOR` is set (https://no-color.org); `FORCE_COLOR` overrides. */
function painter(sink: Sink): Paint {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const colours = FORCE_COLOR === undefined ? sink.isTTY && !NO_COLOR : FORCE_COLOR !== "0";
  return (style, text) =>
    colours && style !== "plain" ? styleText(style, text, { validateStream: false }) : text;
}
