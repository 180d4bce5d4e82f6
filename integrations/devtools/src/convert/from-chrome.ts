import type { EventRecord } from "../record/devtools-record.ts";
import { at, list, record, text } from "./loose-json.ts";

/** Whether a value is of the Trace Event Format: an object with `traceEvents`, or their array alone. */
export function isChrome(value: unknown): boolean {
  const events = Array.isArray(value) ? value : list(at(value, "traceEvents"));
  return events.some((event) => typeof at(event, "ph") === "string");
}

interface Span {
  readonly name: string;
  readonly row: string;
  readonly start: number;
  end: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The complete events of a Chrome trace: inside each other as they are on their thread. */
export function* fromChrome(value: unknown): Generator<EventRecord> {
  const events = Array.isArray(value) ? (value as readonly unknown[]) : list(at(value, "traceEvents"));
  const byRow = Map.groupBy(spansOf(events), ({ row }) => row);
  let number = 0;
  for (const spans of byRow.values()) {
    const around: { id: string; end: number }[] = [];
    const trace = hex(++number, 32);
    // The longer one of two that begin together is around the other.
    for (const { name, start, end, args } of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
      while (around.length > 0 && around.at(-1)!.end <= start) around.pop();
      const id = hex(++number, 16);
      const parent = around.at(-1)?.id;
      yield {
        kind: "event",
        id,
        type: name,
        trace,
        ...(parent === undefined ? { traceName: name } : { parent }),
        time: start / 1_000,
        end: end / 1_000,
        status: "ok",
        ...(Object.keys(args).length > 0 && { payload: args }),
      };
      around.push({ id, end });
    }
  }
}

function spansOf(events: readonly unknown[]): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Span[]>();
  for (const event of events) {
    const [phase, start] = [at(event, "ph"), Number(at(event, "ts"))];
    if (!Number.isFinite(start)) continue;
    const row = JSON.stringify([at(event, "pid"), at(event, "tid")]);
    const stack = open.get(row) ?? [];
    open.set(row, stack);
    if (phase === "E") {
      const begun = stack.pop();
      if (begun !== undefined) begun.end = start;
      continue;
    }
    if (phase !== "X" && phase !== "B") continue;
    const duration = Number(at(event, "dur") ?? 0);
    const span: Span = {
      name: text(at(event, "name")) ?? "(no name)",
      row,
      start,
      end: start + (Number.isFinite(duration) ? duration : 0),
      args: record(at(event, "args")),
    };
    spans.push(span);
    if (phase === "B") stack.push(span);
  }
  return spans;
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");
