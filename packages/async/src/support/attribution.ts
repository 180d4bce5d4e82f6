import { observation } from "./observer.ts";

/** Creates a promise of the package itself: deadlock detection does not count it as something the caller waits for. */
export function internally<R>(make: () => R): R {
  const before = observation.internal;
  observation.internal = true;
  try {
    return make();
  } finally {
    observation.internal = before;
  }
}

/** Whether the async resource being created comes from {@link internally}. */
export function isInternal(): boolean {
  return observation.internal;
}

/** Requests permits for a job: reports name the job, because the line of code would be meaningless. */
export function askFor<R>(index: number, ask: () => R): R {
  observation.job = index;
  try {
    return ask();
  } finally {
    observation.job = undefined;
  }
}

/** The index of the job of {@link askFor}. */
export function askingJob(): number | undefined {
  return observation.job;
}
