import type { RecordedError } from "../../record/devtools-record.ts";

/** An event as the page keeps it. */
export interface PageEvent {
  readonly id: string;
  readonly type: string;
  readonly trace: string;
  readonly traceName: string | undefined;
  /** `undefined` at the top of a trace, and where the event around it is not in the record. */
  readonly parent: PageEvent | undefined;
  /** In the order in which they started. */
  children: PageEvent[] | undefined;
  /** Milliseconds since 1970. */
  readonly start: number;
  /** `NaN` while it is open. */
  end: number;
  status: "open" | "ok" | "error" | "aborted";
  readonly payload: Readonly<Record<string, unknown>> | undefined;
  endPayload: Readonly<Record<string, unknown>> | undefined;
  error: RecordedError | undefined;
  errorFrom: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  /** Its row in the timeline. */
  row: number;
}

/** Milliseconds; up to now for an event that is open. */
export function durationOf(event: PageEvent, now: number): number {
  return Math.max(0, (Number.isNaN(event.end) ? now : event.end) - event.start);
}

/** The type, and what tells events of one type apart: a name, a model. */
export function labelOf(event: PageEvent): string {
  const { type, payload } = event;
  for (const field of ["name", "model", "template", "reason"]) {
    const value = payload?.[field];
    if (typeof value === "string" && value !== "") return `${type} ${value}`;
  }
  return type;
}

/** The same for one event among others with the same label: with its index too. */
export function titleOf(event: PageEvent): string {
  const index = event.payload?.["index"];
  return typeof index === "number" ? `${labelOf(event)} ${index}` : labelOf(event);
}

/** The time of an event in which none of its children ran. */
export function selfTimeOf(event: PageEvent, now: number): number {
  const end = Number.isNaN(event.end) ? now : event.end;
  let covered = 0;
  let until = event.start;
  // They are in the order of their starts.
  for (const child of event.children ?? []) {
    const childEnd = Math.min(end, Number.isNaN(child.end) ? now : child.end);
    if (childEnd <= until) continue;
    covered += childEnd - Math.max(child.start, until);
    until = childEnd;
  }
  return Math.max(0, end - event.start - covered);
}

/** From the outermost to the event itself. */
export function pathOf(event: PageEvent): PageEvent[] {
  const upwards: PageEvent[] = [];
  for (let each: PageEvent | undefined = event; each !== undefined; each = each.parent) upwards.push(each);
  return upwards.toReversed();
}
