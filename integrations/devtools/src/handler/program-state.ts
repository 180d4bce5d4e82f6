import type {
  Inspection,
  InspectedCall,
  InspectedJob,
  InspectedParty,
  InspectedRate,
  InspectedSemaphore,
} from "@llx/async/debug";
import type {
  RecordedCall,
  RecordedJob,
  RecordedParty,
  RecordedRate,
  RecordedSemaphore,
  StateRecord,
} from "../record/devtools-record.ts";

/** A page shows no more, and a program with 100,000 calls must not write them all several times a second. */
const mostCalls = 200;
const mostJobs = 50;
const mostSemaphores = 200;
const mostParties = 20;
const mostRates = 50;

/** What runs and waits. */
export function programState(source: string, { calls, semaphores }: Inspection): StateRecord {
  const rates = ratesOf(calls);
  return {
    kind: "state",
    source,
    time: now(),
    calls: calls.slice(0, mostCalls).map(callOf),
    semaphores: semaphores.slice(0, mostSemaphores).map(semaphoreOf),
    ...(rates.length > 0 && { rates }),
  };
}

function callOf(call: InspectedCall): RecordedCall {
  const { pausedFor, jobs, rate: _, ...rest } = call;
  // What is `undefined` does not become part of the JSON.
  return {
    ...rest,
    pausedFor: milliseconds(pausedFor),
    jobs: jobs.slice(0, mostJobs).map(jobOf),
  } as RecordedCall;
}

/** Each once, however many calls share it. */
function ratesOf(calls: readonly InspectedCall[]): RecordedRate[] {
  const rates = new Map<InspectedRate, RecordedRate>();
  for (const { rate, desc } of calls) {
    if (rate === undefined || rates.has(rate) || rates.size === mostRates) continue;
    rates.set(rate, { label: desc, ...rate, pausedFor: milliseconds(rate.pausedFor) } as RecordedRate);
  }
  return [...rates.values()];
}

/** JSON has no infinity: a limiter that is paused without an end is paused for a year. */
function milliseconds(time: number): number {
  return Math.round(Math.min(time, 365 * 86_400_000));
}

function jobOf({ index, attempt, state, age }: InspectedJob): RecordedJob {
  return age === undefined ? { index, attempt, state } : { index, attempt, state, age: Math.round(age) };
}

function semaphoreOf(semaphore: InspectedSemaphore): RecordedSemaphore {
  const { holders, waiters } = semaphore;
  return {
    ...semaphore,
    holders: holders.slice(0, mostParties).map(partyOf),
    waiters: waiters.slice(0, mostParties).map(partyOf),
  };
}

function partyOf({ where, permits, trace, age }: InspectedParty): RecordedParty {
  return trace === undefined
    ? { where, permits, age: Math.round(age) }
    : { where, permits, trace, age: Math.round(age) };
}

/** Milliseconds since 1970 by the clock of events. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
