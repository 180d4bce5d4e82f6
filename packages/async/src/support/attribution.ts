import { observation } from "./observer.ts";

/** Makes a promise of the package itself: for deadlock detection, it is nothing that the caller's code waits for. */
export function internally<R>(make: () => R): R {
  const before = observation.internal;
  observation.internal = true;
  try {
    return make();
  } finally {
    observation.internal = before;
  }
}

/** Whether the async resource that is being made is one of {@link internally}. */
export function isInternal(): boolean {
  return observation.internal;
}

/** Asks for permits for a job: reports name the job, where the line of code would say nothing. */
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
