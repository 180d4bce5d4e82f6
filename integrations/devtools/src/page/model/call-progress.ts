import type { RecordedCall, StateRecord } from "../../record/devtools-record.ts";

/** A call of `runJobs` or the like that runs, and how fast. */
export interface CallProgress {
  readonly source: string;
  readonly call: RecordedCall;
  /** When it was first seen. */
  readonly since: number;
  /** Jobs done a second, of late; `undefined` before anything can be said. */
  readonly rate: number | undefined;
  /** Milliseconds to the end at that rate; `undefined` where the number of jobs or the rate is not known. */
  readonly left: number | undefined;
}

interface Seen {
  readonly since: number;
  readonly points: { readonly time: number; readonly done: number }[];
}

/** The rate is that of the last so many milliseconds. */
const window = 10_000;

/** Follows calls from one state to the next. A call has no id: it is known by its name, its trace and its place among those. */
export class CallFollower {
  #seen = new Map<string, Seen>();

  follow({ source, time, calls }: StateRecord): CallProgress[] {
    const counts = new Map<string, number>();
    const seen = new Map<string, Seen>();
    for (const [key, value] of this.#seen) if (!key.startsWith(`${source} `)) seen.set(key, value);
    const progress = calls.map((call) => {
      const name = `${source} ${call.trace ?? ""} ${call.desc} ${call.total ?? ""}`;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const key = `${name} ${count}`;
      let before = this.#seen.get(key);
      // Fewer than before: it is another one of the same name.
      if (before === undefined || before.points.at(-1)!.done > call.done)
        before = { since: time, points: [] };
      before.points.push({ time, done: call.done });
      while (before.points.length > 2 && before.points[0]!.time < time - window) before.points.shift();
      seen.set(key, before);
      const first = before.points[0]!;
      const seconds = (time - first.time) / 1_000;
      const rate = seconds > 0 ? (call.done - first.done) / seconds : undefined;
      const isKnown = call.total !== undefined && rate !== undefined && rate > 0;
      const left = isKnown ? ((call.total - call.done) / rate) * 1_000 : undefined;
      return { source, call, since: before.since, rate, left };
    });
    this.#seen = seen;
    return progress;
  }
}
