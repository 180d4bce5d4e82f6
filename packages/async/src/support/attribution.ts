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

/** Creates a promise of the package itself: deadlock detection does not count it as something the caller waits for. */
export function internally<R>(make: () => R): R {
  const before = attribution.internal;
  attribution.internal = true;
  try {
    return make();
  } finally {
    attribution.internal = before;
  }
}

/** Whether the async resource being created comes from {@link internally}. */
export function isInternal(): boolean {
  return attribution.internal;
}

/** Requests permits for a job: reports name the job, because the line of code would be meaningless. */
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
