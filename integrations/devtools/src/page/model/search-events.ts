import { durationOf, labelOf, type PageEvent } from "./page-event.ts";

/** What is searched for. */
export interface Search {
  /** In types, names, payloads, tags and errors; upper and lower case are the same. */
  readonly text: string;
  readonly failedOnly: boolean;
}

/** The matching events, slowest first, at most so many; and how many match. */
export function searchEvents(
  events: Iterable<PageEvent>,
  { text, failedOnly }: Search,
  now: number,
  most = 500,
): { readonly found: PageEvent[]; readonly count: number } {
  const wanted = text.trim().toLowerCase();
  const matching: PageEvent[] = [];
  for (const event of events) {
    if (failedOnly && event.status !== "error" && event.status !== "aborted") continue;
    if (wanted === "" || textOf(event).includes(wanted)) matching.push(event);
  }
  const found = matching.toSorted((one, other) => durationOf(other, now) - durationOf(one, now));
  return { found: found.slice(0, most), count: matching.length };
}

function textOf(event: PageEvent): string {
  const { traceName = "", error, payload, endPayload, tags, id } = event;
  const parts = [labelOf(event), traceName, error?.name ?? "", error?.message ?? "", id];
  for (const part of [payload, endPayload, tags]) if (part !== undefined) parts.push(JSON.stringify(part));
  return parts.join("\n").toLowerCase();
}
