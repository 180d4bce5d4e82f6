import { AsyncLocalStorage } from "node:async_hooks";
import type { DeadlockParty } from "./deadlock-error.ts";

/** Who asks for permits. */
export interface Asker {
  /** A line of code, or a job. */
  readonly where: string;
  /** The innermost holder in whose body it asks. */
  readonly holder: Holder | undefined;
  /** The trace in which it asks. */
  readonly trace: string | undefined;
}

/** A wait for permits. */
export interface HolderWait extends Asker, DeadlockParty {
  readonly of: HeldSemaphore;
  /** `performance.now()` of its beginning. */
  readonly since: number;
  /** It ends by itself, by a time-out. */
  readonly ends: boolean;
  refuse(error: unknown): void;
}

/** A semaphore, as far as who holds and who waits. */
export interface HeldSemaphore {
  readonly label: string;
  readonly holders: Set<Holder>;
}

/** Permits that are out, and the body that runs with them. */
export class Holder implements DeadlockParty {
  readonly of: HeldSemaphore;
  readonly where: string;
  readonly trace: string | undefined;
  readonly permits: number;
  /** `performance.now()` of when it took them. */
  readonly since: number = performance.now();
  /** The holder in whose body this one has taken its permits. */
  readonly above: Holder | undefined;
  readonly below: Set<Holder> = new Set();
  readonly waits: Set<HolderWait> = new Set();
  /** What is under way in its body and may let it go on: timers, requests, promises of others. */
  readonly underWay: Set<number> = new Set();
  /** Whether it is known which body runs with the permits; a bare `acquire` does not tell. */
  followed = false;

  constructor(of: HeldSemaphore, asker: Asker, permits: number) {
    this.of = of;
    this.where = asker.where;
    this.trace = asker.trace;
    this.above = asker.holder;
    this.permits = permits;
    this.above?.below.add(this);
    of.holders.add(this);
  }

  get semaphore(): string {
    return this.of.label;
  }

  /** Runs the body that has the permits. */
  run<R>(body: () => R): R {
    this.followed = true;
    return holders.run(this, body);
  }

  /** The permits are given back. */
  end(): void {
    this.of.holders.delete(this);
    this.above?.below.delete(this);
  }
}

const holders = new AsyncLocalStorage<Holder | undefined>();

/** In whose body the caller runs. */
export function currentHolder(): Holder | undefined {
  return holders.getStore();
}

/** Runs something as if it were in nobody's body. */
export function outsideHolders<R>(body: () => R): R {
  return holders.getStore() === undefined ? body() : holders.run(undefined, body);
}
