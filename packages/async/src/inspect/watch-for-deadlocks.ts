import { deadlockDetector } from "./deadlock-detector.ts";
import type { SemaphoreWatch } from "../support/observer.ts";
import { WatchedSemaphore } from "./watched-semaphore.ts";

/** Includes a semaphore in deadlock detection. The only part of inspection that limits use. */
export function watchForDeadlocks(label: string): SemaphoreWatch {
  return new WatchedSemaphore(label, deadlockDetector());
}
