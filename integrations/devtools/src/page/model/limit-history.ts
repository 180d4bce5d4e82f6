import { duration } from "./format.ts";
import type { RecordedRate, RecordedSemaphore, StateRecord } from "../../record/devtools-record.ts";

/** How a limit stood at one moment. */
interface LimitSample {
  readonly time: number;
  readonly inUse: number;
  readonly permits: number;
  readonly waiting: number;
}

/** One limit over time. */
export interface LimitHistory {
  readonly label: string;
  readonly source: string;
  readonly samples: LimitSample[];
  /** The least time between two samples, in milliseconds. */
  gap: number;
  mostInUse: number;
  mostWaiting: number;
  /** Requests that were refused by a service. */
  refused: number;
  /** The state now; `undefined` while it is not in use. */
  now: RecordedSemaphore | undefined;
}

const mostSamples = 400;
const mostLimits = 500;

/** Keeps how each semaphore and limiter was used, and each budget of a rate limiter. Those with the same label in one process count as one line of history. */
export class LimitHistories {
  readonly all = new Map<string, LimitHistory>();

  add({ source, time, semaphores, rates = [] }: StateRecord): void {
    const seen = new Map<string, number>();
    for (const limit of this.all.values()) if (limit.source === source) limit.now = undefined;
    for (const semaphore of [...semaphores, ...rates.flatMap(budgetsOf)]) {
      // Several with one label are told apart by their order.
      const count = (seen.get(semaphore.label) ?? 0) + 1;
      seen.set(semaphore.label, count);
      const key = `${source} ${semaphore.label} ${count}`;
      let limit = this.all.get(key);
      if (limit === undefined) {
        if (this.all.size >= mostLimits) continue;
        const label = count === 1 ? semaphore.label : `${semaphore.label} (${count})`;
        limit = {
          label,
          source,
          samples: [],
          gap: 0,
          mostInUse: 0,
          mostWaiting: 0,
          refused: 0,
          now: undefined,
        };
        this.all.set(key, limit);
      }
      limit.now = semaphore;
      limit.refused = semaphore.refused ?? limit.refused;
      addSample(limit, time, semaphore);
    }
    this.#endUnused(source, time);
  }

  /** A process has ended; without a source, all of them. */
  ended(source: string | undefined, time: number): void {
    for (const limit of this.all.values()) {
      if (source === undefined || limit.source === source) limit.now = undefined;
    }
    this.#endUnused(source, time);
  }

  #endUnused(source: string | undefined, time: number): void {
    for (const limit of this.all.values()) {
      if (limit.now !== undefined || (source !== undefined && limit.source !== source)) continue;
      const last = limit.samples.at(-1);
      if (last === undefined || last.inUse === 0) continue;
      limit.samples.push({ time, inUse: 0, permits: last.permits, waiting: 0 });
    }
  }
}

/** What a rate limiter has let through in its window, as permits in use. */
function budgetsOf(rate: RecordedRate): RecordedSemaphore[] {
  return (["requests", "tokens", "inputs"] as const).flatMap((name) => {
    const budget = rate[name];
    if (budget === undefined) return [];
    return {
      label: `${rate.label}: ${name} per ${intervalOf(budget.interval)}`,
      permits: budget.limit,
      available: budget.free,
      waiting: rate.waiting,
      refused: rate.refused ?? 0,
      holders: [],
      waiters: [],
    };
  });
}

const intervals: Readonly<Record<number, string>> = {
  1_000: "second",
  60_000: "minute",
  3_600_000: "hour",
  86_400_000: "day",
};

const intervalOf = (milliseconds: number): string => intervals[milliseconds] ?? duration(milliseconds);

function addSample(
  limit: LimitHistory,
  time: number,
  { permits, available, waiting }: RecordedSemaphore,
): void {
  const inUse = permits - available;
  limit.mostInUse = Math.max(limit.mostInUse, inUse);
  limit.mostWaiting = Math.max(limit.mostWaiting, waiting);
  const { samples } = limit;
  const sample = { time, inUse, permits, waiting };
  const before = samples.at(-2);
  // Within the time between two samples, the latest takes the place of the one before.
  if (before !== undefined && samples.at(-1)!.time - before.time < limit.gap)
    samples[samples.length - 1] = sample;
  else samples.push(sample);
  if (samples.length <= mostSamples) return;
  // Half as many in the same time: a chart has only so many pixels.
  limit.gap = ((time - samples[0]!.time) / mostSamples) * 2;
  samples.splice(0, samples.length, ...samples.filter((_, index) => index % 2 === 0));
}
