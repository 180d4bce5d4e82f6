import {
  type InspectedCall,
  type InspectedJob,
  type InspectedParty,
  type InspectedSemaphore,
  inspectJobs,
} from "@llx/async/debug";
import type {
  RecordedCall,
  RecordedJob,
  RecordedParty,
  RecordedSemaphore,
  StateRecord,
} from "../record/devtools-record.ts";

/** A page shows no more, and a program with 100,000 calls must not write them all several times a second. */
const mostCalls = 200;
const mostJobs = 50;
const mostSemaphores = 200;
const mostParties = 20;

/** What runs and waits now. */
export function programState(source: string): StateRecord {
  const { calls, semaphores } = inspectJobs();
  return {
    kind: "state",
    source,
    time: now(),
    calls: calls.slice(0, mostCalls).map(callOf),
    semaphores: semaphores.slice(0, mostSemaphores).map(semaphoreOf),
  };
}

function callOf(call: InspectedCall): RecordedCall {
  const { pausedFor, jobs } = call;
  // What is `undefined` does not become part of the JSON.
  return {
    ...call,
    pausedFor: Number.isFinite(pausedFor) ? Math.round(pausedFor) : 0,
    jobs: jobs.slice(0, mostJobs).map(jobOf),
  } as RecordedCall;
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
