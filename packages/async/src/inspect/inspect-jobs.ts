import type { Inspection } from "./inspection.ts";
import { inspector } from "./inspector.ts";

/**
 * From now on, inspection records when each job started, and for each permit requested who holds it and who
 * waits for it, since when and where. It costs a few clock reads for each job and a stack trace for each permit; the
 * environment variable `LLX_INSPECT` enables it from the start.
 */
export function enableInspection(): void {
  inspector.on = true;
}

/**
 * Returns what runs and waits now, for all calls of the process since `@llx/async/debug` was imported, and all semaphores
 * used since. Without {@link enableInspection}, it returns counts and labels only.
 *
 * @example
 * ```ts
 * process.on("SIGUSR2", () => console.dir(inspectJobs(), { depth: null }));
 * ```
 */
export function inspectJobs(): Inspection {
  return inspector.inspect();
}
