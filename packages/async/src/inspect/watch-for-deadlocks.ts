import { deadlockDetector } from "./deadlock-detector.ts";
import type { SemaphoreWatch } from "../support/observer.ts";
import { WatchedSemaphore } from "./watched-semaphore.ts";

/** Includes a semaphore in deadlock detection. The only part of inspection that limits use. */
export function watchForDeadlocks(label: string): SemaphoreWatch {
  const { bun, deno } = process.versions;
  // They do not tell of all promises and timers that are pending: other waits would be taken for deadlocks, and rejected.
  return new WatchedSemaphore(label, bun || deno ? undefined : deadlockDetector());
}
