import { AsyncLocalStorage } from "node:async_hooks";
import type { DeadlockParty } from "./deadlock-error.ts";
import type { Holding } from "../support/observer.ts";

/** Where permits were requested. */
export interface Origin {
  /** A line of code, or a job. */
  readonly where: string;
  /** The innermost holder whose body contains it. */
  readonly holder: Holder | undefined;
  /** The name of its trace. */
  readonly trace: string | undefined;
}

/** A wait for permits. */
export interface HolderWait extends Origin, DeadlockParty {
  readonly of: HeldSemaphore;
  /** When it began, by `performance.now()`. */
  readonly since: number;
  /** Whether it has a time-out. */
  readonly ends: boolean;
  refuse(error: unknown): void;
}

/** A semaphore and who holds its permits. */
export interface HeldSemaphore {
  readonly label: string;
  readonly holders: Set<Holder>;
}

/** Held permits, and the body that runs with them. */
export class Holder implements DeadlockParty, Holding {
  readonly of: HeldSemaphore;
  readonly where: string;
  readonly trace: string | undefined;
  readonly permits: number;
  /** When they were acquired, by `performance.now()`. */
  readonly since: number = performance.now();
  /** The holder in whose body this one acquired its permits. */
  readonly above: Holder | undefined;
  readonly below: Set<Holder> = new Set();
  readonly waits: Set<HolderWait> = new Set();
  /** Async ids of resources that may let its body continue: timers, requests, promises that others settle. */
  readonly pending: Set<number> = new Set();
  /** Whether the body that runs with the permits is known; after a bare `acquire` it is not. */
  followed = false;

  constructor(of: HeldSemaphore, origin: Origin, permits: number) {
    this.of = of;
    this.where = origin.where;
    this.trace = origin.trace;
    this.above = origin.holder;
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

  /** The permits are released. */
  end(): void {
    this.of.holders.delete(this);
    this.above?.below.delete(this);
  }
}

const holders = new AsyncLocalStorage<Holder | undefined>();

/** The holder in whose body the caller runs. */
export function currentHolder(): Holder | undefined {
  return holders.getStore();
}

/** Runs `body` outside the body of any holder. */
export function outsideHolders<R>(body: () => R): R {
  return holders.getStore() === undefined ? body() : holders.run(undefined, body);
}
