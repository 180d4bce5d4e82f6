import { DeadlockError, type DeadlockParty } from "./deadlock-error.ts";
import { type Holder, type HolderWait, outsideHolders } from "./holders.ts";
import { followUnderWay } from "./pending-resources.ts";

/**
 * Finds deadlocks among the holders of all semaphores that ask for it. A holder is stuck when its body waits for
 * permits, everything inside that body that holds permits is stuck too, and nothing else is under way there. When
 * all who hold permits of a semaphore are stuck, nobody waiting for it can go on: then the last to wait is refused.
 */
export class DeadlockDetector {
  /** In the order in which they began. */
  readonly #waits = new Set<HolderWait>();
  #checkIsDue = false;

  constructor() {
    followUnderWay((holder) => {
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

  /** What runs in this turn is done first: it may give back permits, or begin something. */
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
    last.refuse(new DeadlockError(holders.map(partyOf), waits.map(partyOf)));
    // There may be another one.
    this.#checkSoon();
  }

  /** All that can be stuck, less those who can go on after all, until no more of them can. */
  #stuckHolders(): Set<Holder> {
    const stuck = new Set<Holder>();
    for (const { holder } of this.#waits) {
      for (let each = holder; each !== undefined; each = each.above) stuck.add(each);
    }
    const canGoOn = (holder: Holder): boolean =>
      !holder.followed ||
      holder.underWay.size > 0 ||
      [...holder.below].some((below) => !stuck.has(below)) ||
      [...holder.waits].some(({ of, ends }) => ends || [...of.holders].some((other) => !stuck.has(other)));
    for (let before = -1; before !== stuck.size;) {
      before = stuck.size;
      for (const holder of stuck) if (canGoOn(holder)) stuck.delete(holder);
    }
    return stuck;
  }
}

let detector: DeadlockDetector | undefined;

/** The one detector of the process, made when the first semaphore asks for it. */
export function deadlockDetector(): DeadlockDetector {
  return (detector ??= new DeadlockDetector());
}

function partyOf({ semaphore, where, permits }: DeadlockParty): DeadlockParty {
  return { semaphore, where, permits };
}
