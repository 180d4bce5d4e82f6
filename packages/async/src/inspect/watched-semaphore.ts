import { currentTrace } from "@llx/callbacks";
import { deadlockDetector, type DeadlockDetector } from "./deadlock-detector.ts";
import {
  type Asker,
  currentHolder,
  type HeldSemaphore,
  Holder,
  type HolderWait,
  outsideHolders,
} from "./holders.ts";

/** How long somebody has to wait for what was taken without a body, in milliseconds, until that is reported. */
const suspiciousAfter = 5_000;

/** Who holds permits of one semaphore and who waits for them: for deadlock detection, and for inspection. */
export class WatchedSemaphore implements HeldSemaphore {
  readonly label: string;
  readonly holders: Set<Holder> = new Set();
  readonly waits: Set<HolderWait> = new Set();
  readonly #detector: DeadlockDetector | undefined;
  #suspected = false;

  constructor(label: string, detectDeadlocks: boolean) {
    this.label = label;
    if (detectDeadlocks) this.#detector = deadlockDetector();
  }

  /** Who asks now. */
  asker(): Asker {
    return { where: whereFrom(), holder: currentHolder(), trace: currentTrace()?.name };
  }

  hold(asker: Asker, permits: number): Holder {
    return new Holder(this, asker, permits);
  }

  /** @returns what to call when the wait is over */
  wait(asker: Asker, permits: number, ends: boolean, refuse: (error: unknown) => void): () => void {
    const since = performance.now();
    const wait: HolderWait = { ...asker, of: this, semaphore: this.label, permits, since, ends, refuse };
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

  /** Who holds what a bare `acquire` took, and what is done with it, nobody knows: so there is no certainty. */
  #suspect(wait: HolderWait): void {
    const bare = [...this.holders].filter(({ followed }) => !followed);
    if (bare.length === 0 || this.#suspected) return;
    this.#suspected = true;
    process.emitWarning(
      `a deadlock is suspected: ${wait.where} has waited for ${wait.permits} of ${this.label} for ` +
        `${suspiciousAfter / 1000} s, which is held since ${bare.map(({ where }) => where).join(" and ")}. ` +
        `With use() instead of acquire() it would be known for certain.`,
      { type: "DeadlockSuspected", code: "LLX_DEADLOCK_SUSPECTED" },
    );
  }
}

let askerName: string | undefined;

/** Names who asks for permits, where the line of code would say nothing. */
export function askingAs<R>(name: string, ask: () => R): R {
  askerName = name;
  try {
    return ask();
  } finally {
    askerName = undefined;
  }
}

/** The line of code outside the semaphores from which permits are asked for. */
function whereFrom(): string {
  if (askerName !== undefined) return askerName;
  // Others may have changed what a stack is.
  const stack = String(new Error("where").stack);
  const lines = stack.split("\n").slice(1);
  const line = lines.find(
    (each) =>
      !/at (?:async )?(?:new |#acquire\b|(?:whereFrom|WatchedSemaphore|Semaphore|ResourcePool|Promise)\b)/.test(
        each,
      ),
  );
  return line?.trim().replace(/^at /, "") ?? "somewhere";
}
