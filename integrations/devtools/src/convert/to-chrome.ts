import type { WholeEvent } from "./whole-events.ts";

/** Places events on the rows of a Chrome trace, where events on one row must lie inside each other or apart. */
export class ChromeRows {
  /** The ends of the open events of each row, outermost first. */
  readonly #rows: number[][] = [];

  /** @param events come in the order of their starts */
  rowOf(time: number, end: number): number {
    for (let row = 0; ; row++) {
      const ends = (this.#rows[row] ??= []);
      while (ends.length > 0 && ends.at(-1)! <= time) ends.pop();
      if (ends.length > 0 && ends.at(-1)! < end) continue;
      ends.push(end);
      return row;
    }
  }
}

/** An event as one of the Trace Event Format, in microseconds. */
export function toChromeEvent(event: WholeEvent, row: number, last: number): object {
  const { id, type, trace, time, end, status, payload, endPayload, error, tags } = event;
  return {
    ph: "X",
    name: event.traceName ?? type,
    cat: type,
    ts: Math.round(time * 1_000),
    dur: Math.round(((end ?? last) - time) * 1_000),
    pid: 1,
    tid: row,
    args: {
      id,
      trace,
      parent: event.parent,
      status: status ?? "open",
      ...payload,
      ...endPayload,
      ...tags,
      error,
    },
  };
}

export const chromeFrame: readonly [string, string] = ['{"traceEvents":[\n', "\n]}\n"];
