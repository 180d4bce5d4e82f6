import { currentTrace } from "@llx/callbacks";
import { askingJob } from "../support/attribution.ts";
import type { DeadlockDetector } from "./deadlock-detector.ts";
import {
  currentHolder,
  type HeldSemaphore,
  Holder,
  type HolderWait,
  type Origin,
  outsideHolders,
} from "./holders.ts";
import type { Asker, SemaphoreWatch } from "../support/observer.ts";

/** How long a waiter waits for permits of a bare `acquire`, in milliseconds, before it is reported. */
const suspiciousAfter = 5_000;

/** Who holds permits of one semaphore and who waits for them: for deadlock detection, and for inspection. */
export class WatchedSemaphore implements HeldSemaphore, SemaphoreWatch {
  readonly label: string;
  readonly holders: Set<Holder> = new Set();
  readonly waits: Set<HolderWait> = new Set();
  readonly #detector: DeadlockDetector | undefined;
  #suspected = false;

  /** @param detector looks for deadlocks; `undefined` for inspection alone */
  constructor(label: string, detector: DeadlockDetector | undefined) {
    this.label = label;
    this.#detector = detector;
  }

  asker(): Asker {
    const origin = { where: whereFrom(), holder: currentHolder(), trace: currentTrace()?.name };
    return {
      hold: (permits) => new Holder(this, origin, permits),
      wait: (permits, ends, refuse) => this.#wait(origin, permits, ends, refuse),
    };
  }

  #wait(origin: Origin, permits: number, ends: boolean, refuse: (error: unknown) => void): () => void {
    const since = performance.now();
    const wait: HolderWait = { ...origin, of: this, semaphore: this.label, permits, since, ends, refuse };
    this.waits.add(wait);
    this.#detector?.began(wait);
    const suspicion =
      this.#detector && outsideHolders(() => setTimeout(() => this.#suspect(wait), suspiciousAfter)).unref();
    return () => {
      this.waits.delete(wait);
      this.#detector?.ended(wait);
      clearTimeout(suspicion);
    };
  }

  /** What the holder of a bare `acquire` does is unknown: so there is only a suspicion. */
  #suspect(wait: HolderWait): void {
    const bare = [...this.holders].filter(({ followed }) => !followed);
    if (bare.length === 0 || this.#suspected) return;
    this.#suspected = true;
    process.emitWarning(
      `a deadlock is suspected: ${wait.where} has waited for ${wait.permits} of ${this.label} for ` +
        `${suspiciousAfter / 1000} s, held by ${bare.map(({ where }) => where).join(" and ")}. ` +
        `Use use() instead of acquire() to be certain.`,
      { type: "DeadlockSuspected", code: "LLX_DEADLOCK_SUSPECTED" },
    );
  }
}

/** The line of code outside the semaphores that requests permits, or the job. */
function whereFrom(): string {
  const job = askingJob();
  if (job !== undefined) return `job ${job}`;
  // A program may have changed the format of stacks.
  const stack = String(new Error("where").stack);
  const lines = stack.split("\n").slice(1);
  const line = lines.find(
    (each) =>
      !/at (?:async )?(?:new |#(?:acquire|asker)\b|(?:whereFrom|InspectedWatch|WatchedSemaphore|Semaphore|ResourcePool|Promise)\b)/.test(
        each,
      ),
  );
  return line?.trim().replace(/^at /, "") ?? "unknown";
}
