import { type Inspection, inspection } from "./inspection.ts";

/**
 * From here on calls remember when each job began, and semaphores that are made from here on remember who holds
 * permits and who waits, since when and where. It costs a few clock reads and a stack trace for each permit; the
 * environment variable `LLX_INSPECT` switches it on from the start.
 */
export function enableInspection(): void {
  inspection.on = true;
}

/**
 * Tells what runs and waits now, over all calls and semaphores of the process. Without {@link enableInspection},
 * there are counts and labels only.
 *
 * @example
 * ```ts
 * process.on("SIGUSR2", () => console.dir(inspectJobs(), { depth: null }));
 * ```
 */
export function inspectJobs(): Inspection {
  const now = performance.now();
  const semaphores = [...inspection.semaphores].flatMap((reference) => reference.deref() ?? []);
  return {
    on: inspection.on,
    calls: [...inspection.calls].map((call) => call.inspect(now)),
    // Those that rest are no news.
    semaphores: semaphores
      .map((semaphore) => semaphore.inspect(now))
      .filter(({ waiting, available, permits }) => waiting > 0 || available < permits),
  };
}
