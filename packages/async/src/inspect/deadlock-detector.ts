import { DeadlockError, type DeadlockParty } from "./deadlock-error.ts";
import { type Holder, type HolderWait, outsideHolders } from "./holders.ts";
import { observation } from "../support/observer.ts";
import { followPendingResources } from "./pending-resources.ts";

/**
 * Finds deadlocks among the holders of all semaphores with `detectDeadlocks`. A holder is stuck when its body waits for
 * permits, every holder inside that body is stuck too, and the body has no other pending resource. When all
 * holders of a semaphore are stuck, no waiter of it can continue: then the last waiter is rejected.
 */
export class DeadlockDetector {
  /** In the order in which they began. */
  readonly #waits = new Set<HolderWait>();
  #checkIsDue = false;

  constructor() {
    followPendingResources((holder) => {
      if (holder.waits.size > 0) this.#checkSoon();
    });
  }

  began(wait: HolderWait): void {
    this.#waits.add(wait);
    wait.holder?.waits.add(wait);
    this.#checkSoon();
  }

  ended(wait: HolderWait): void {
    this.#waits.delete(wait);
    wait.holder?.waits.delete(wait);
  }

  /** After this turn of the event loop, whose code may release permits or start something. */
  #checkSoon(): void {
    if (this.#checkIsDue) return;
    this.#checkIsDue = true;
    outsideHolders(() =>
      setImmediate(() => {
        this.#checkIsDue = false;
        this.#check();
      }),
    );
  }

  #check(): void {
    const stuck = this.#stuckHolders();
    const waits = [...this.#waits].filter(({ holder }) => holder !== undefined && stuck.has(holder));
    const last = waits.at(-1);
    if (last === undefined) return;
    const holders = [...stuck].filter(({ of }) => waits.some((wait) => wait.of === of));
    const error = new DeadlockError(holders.map(partyOf), waits.map(partyOf));
    observation.observer?.deadlocked(error);
    last.refuse(error);
    // There may be another deadlock.
    this.#checkSoon();
  }

  /** Starts with all holders that may be stuck, and removes those that can continue until none can. */
  #stuckHolders(): Set<Holder> {
    const stuck = new Set<Holder>();
    for (const { holder } of this.#waits) {
      for (let each = holder; each !== undefined; each = each.above) stuck.add(each);
    }
    const canContinue = (holder: Holder): boolean =>
      !holder.followed ||
      holder.pending.size > 0 ||
      [...holder.below].some((below) => !stuck.has(below)) ||
      [...holder.waits].some(({ of, ends }) => ends || [...of.holders].some((other) => !stuck.has(other)));
    for (let before = -1; before !== stuck.size;) {
      before = stuck.size;
      for (const holder of stuck) if (canContinue(holder)) stuck.delete(holder);
    }
    return stuck;
  }
}

let detector: DeadlockDetector | undefined;

/** The only detector of the process, created for the first semaphore that needs it. */
export function deadlockDetector(): DeadlockDetector {
  return (detector ??= new DeadlockDetector());
}

function partyOf({ semaphore, where, permits }: DeadlockParty): DeadlockParty {
  return { semaphore, where, permits };
}
