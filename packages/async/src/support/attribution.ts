interface Attribution {
  internal: boolean;
  job: number | undefined;
}

/** One for a process: what observes may be of another copy of the package than what runs. */
const key = Symbol.for("@llx/async/attribution/1");

const attribution = ((globalThis as Record<symbol, unknown>)[key] ??= {
  internal: false,
  job: undefined,
} satisfies Attribution) as Attribution;

/** Makes a promise of the package itself: for deadlock detection, it is nothing that the caller's code waits for. */
export function internally<R>(make: () => R): R {
  const before = attribution.internal;
  attribution.internal = true;
  try {
    return make();
  } finally {
    attribution.internal = before;
  }
}

/** Whether the async resource that is being made is one of {@link internally}. */
export function isInternal(): boolean {
  return attribution.internal;
}

/** Asks for permits for a job: reports name the job, where the line of code would say nothing. */
export function askFor<R>(index: number, ask: () => R): R {
  attribution.job = index;
  try {
    return ask();
  } finally {
    attribution.job = undefined;
  }
}

/** The index of the job of {@link askFor}. */
export function askingJob(): number | undefined {
  return attribution.job;
}
