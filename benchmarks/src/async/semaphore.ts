// The cost of taking and releasing a permit, and of aborting very many waiters.
// Fails if an assertion of the second part does not hold. Needs --expose-gc.
//   node --expose-gc semaphore.ts [--quick] [--rounds=7]
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { parseArgs } from "node:util";
import { Semaphore } from "@llx/async";
import { Semaphore as MutexSemaphore } from "async-mutex";
import { Sema } from "async-sema";
import * as Effect from "effect/Effect";
import * as EffectSemaphore from "effect/Semaphore";
import fastq from "fastq";
import pLimit from "p-limit";
import PQueue from "p-queue";
import { compare, type Contender, median, number } from "../harness.ts";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, rounds: { type: "string" } },
});
const times = flags.quick ? 10_000 : 100_000;
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 9));

/** What is done with a permit: nothing, or awaiting a settled promise. */
type Pause = Promise<void> | undefined;
/** So many times in sequence: takes a permit, pauses, releases it. */
type Loop = (count: number, pause: Pause) => Promise<void>;

/** A counter and a queue of waiters: the minimum of a semaphore. */
class RawSemaphore {
  #free: number;
  #waiting: (() => void)[] = [];
  #head = 0;

  constructor(permits: number) {
    this.#free = permits;
  }

  acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  release(): void {
    const next = this.#waiting[this.#head];
    if (next === undefined) {
      this.#free++;
      return;
    }
    if (++this.#head === 4_096) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    next();
  }
}

/* oxlint-disable no-await-in-loop -- a loop does one after another */
const raw = (permits: number): Loop => {
  const semaphore = new RawSemaphore(permits);
  return async (count, pause) => {
    for (let n = 0; n < count; n++) {
      await semaphore.acquire();
      if (pause) await pause;
      semaphore.release();
    }
  };
};

const ours = (permits: number): Loop => {
  const semaphore = new Semaphore(permits);
  return async (count, pause) => {
    for (let n = 0; n < count; n++) {
      const permit = await semaphore.acquire();
      if (pause) await pause;
      permit.release();
    }
  };
};

const oursUse = (permits: number): Loop => {
  const semaphore = new Semaphore(permits);
  return async (count, pause) => {
    const body = (): Pause => pause;
    for (let n = 0; n < count; n++) await semaphore.use(body);
  };
};

const sema = (permits: number): Loop => {
  const semaphore = new Sema(permits, { capacity: times });
  return async (count, pause) => {
    for (let n = 0; n < count; n++) {
      await semaphore.acquire();
      if (pause) await pause;
      semaphore.release();
    }
  };
};

const mutexSemaphore = (permits: number): Loop => {
  const semaphore = new MutexSemaphore(permits);
  return async (count, pause) => {
    for (let n = 0; n < count; n++) {
      const [, release] = await semaphore.acquire();
      if (pause) await pause;
      release();
    }
  };
};

const limit = (permits: number): Loop => {
  const limited = pLimit(permits);
  return async (count, pause) => {
    const body = (): Pause => pause;
    for (let n = 0; n < count; n++) await limited(body);
  };
};

const jobQueue = (permits: number): Loop => {
  const queue = new PQueue({ concurrency: permits });
  return async (count, pause) => {
    const body = (): Pause => pause;
    for (let n = 0; n < count; n++) await queue.add(body);
  };
};

const fastQueue = (permits: number): Loop => {
  const resolved = Promise.resolve();
  const tasks = fastq.promise<unknown, Pause, void>(async (pause) => pause ?? resolved, permits);
  return async (count, pause) => {
    for (let n = 0; n < count; n++) await tasks.push(pause);
  };
};
/* oxlint-enable no-await-in-loop */

/** A case: how many permits there are, how many loops run at once, and what they do with a permit. */
interface Case {
  readonly permits: number;
  readonly loops: (count: number) => number;
  readonly pause?: Pause;
  /** One more loop takes a permit first, and releases it only when all others wait. */
  readonly held?: boolean;
}

/** Fewer repetitions for a peer that would take too long. */
type Less = Pick<Contender, "times" | "rounds">;

function looping(name: string, make: (permits: number) => Loop, how: Case, less?: Less): Contender {
  return {
    name,
    ...less,
    async run(count) {
      const loop = make(how.permits);
      const loops = how.loops(count);
      const allWait = Promise.withResolvers<void>();
      const holder = how.held && loop(1, allWait.promise);
      const others = Array.from({ length: loops }, () => loop(count / loops, how.pause));
      allWait.resolve();
      await Promise.all(others);
      await holder;
    },
  };
}

/** A whole program of Effect, so that it pays for its runtime only once. */
function effect(how: Case, less?: Less): Contender {
  return {
    name: "Effect: withPermit",
    ...less,
    run(count) {
      const semaphore = EffectSemaphore.makeUnsafe(how.permits);
      const loops = how.loops(count);
      const wait = (pause: Promise<void>): Effect.Effect<void> =>
        semaphore.withPermit(Effect.promise(() => pause));
      const once = how.pause ? wait(how.pause) : semaphore.withPermit(Effect.void);
      const loop = Effect.gen(function* () {
        for (let n = 0; n < count / loops; n++) yield* once;
      });
      const list = Array.from({ length: loops }, () => (count === loops ? once : loop));
      if (how.held) {
        const allWait = Promise.withResolvers<void>();
        list.unshift(wait(allWait.promise));
        list.push(Effect.sync(allWait.resolve));
      }
      return Effect.runPromise(Effect.all(list, { concurrency: "unbounded", discard: true }));
    },
  };
}

async function section(title: string, how: Case, slow?: { mutex: Less; effect: Less }): Promise<void> {
  await compare(
    title,
    [
      looping("async-sema", sema, how),
      looping("raw counter and queue", raw, how),
      looping("ours: acquire, release", ours, how),
      looping("ours: use", oursUse, how),
      looping("fastq.promise", fastQueue, how),
      looping("p-limit", limit, how),
      looping("p-queue", jobQueue, how),
      looping("async-mutex: acquire, release", mutexSemaphore, how, slow?.mutex),
      effect(how, slow?.effect),
    ],
    {
      times,
      rounds,
      bases: ["async-sema", "raw counter and queue"],
      goals: { "ours: acquire, release": 1.05 },
    },
  );
}

await section("Uncontended, one after another", { permits: 8, loops: () => 1 });
await section("64 loops on 8 permits", { permits: 8, loops: () => 64, pause: Promise.resolve() });
await section(
  `${number(times)} concurrent waiters for one permit`,
  { permits: 1, loops: (count) => count, held: true },
  // Each peer scans all waiters: the time for one grows with their number.
  { mutex: { rounds: 1 }, effect: { times: 10_000, rounds: 1 } },
);

/** Nanoseconds a waiter: to queue, and from the abort until all are rejected. */
async function abortAll(waiters: number): Promise<{ readonly queue: number; readonly reject: number }> {
  const semaphore = new Semaphore(1);
  const permit = await semaphore.acquire();
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("enough");
  const start = performance.now();
  const waits = Array.from({ length: waiters }, () => semaphore.acquire({ signal }));
  const settled = Promise.allSettled(waits);
  const queued = performance.now();
  assert.equal(semaphore.waiting, waiters);
  assert.equal(getEventListeners(signal, "abort").length, 1);
  const aborted = performance.now();
  controller.abort(reason);
  const outcomes = await settled;
  const end = performance.now();
  for (const outcome of outcomes) assert(outcome.status === "rejected" && outcome.reason === reason);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.equal(semaphore.waiting, 0);
  permit.release();
  assert.equal(semaphore.available, 1);
  return { queue: ((queued - start) * 1e6) / waiters, reject: ((end - aborted) * 1e6) / waiters };
}

const crowds = flags.quick ? [1_000, 10_000, 20_000] : [10_000, 100_000, 200_000];
const abortRounds = flags.quick ? 3 : 7;
const figures = crowds.map(() => [] as { queue: number; reject: number }[]);
for (let round = -1; round < abortRounds; round++) {
  for (const [index, waiters] of crowds.entries()) {
    globalThis.gc?.();
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await abortAll(1_000);
    // oxlint-disable-next-line no-await-in-loop
    const figure = await abortAll(waiters);
    if (round >= 0) figures[index]!.push(figure);
  }
}
const levels = figures.map((list) => ({
  queue: median(list.map(({ queue }) => queue)),
  reject: median(list.map(({ reject }) => reject)),
}));
console.log(
  `\n**Ours: aborting all waiters through one signal** (Node ${process.versions.node}, median of ${abortRounds} rounds)\n`,
);
console.log("| waiters | ns to queue | ns to reject |\n| ---: | ---: | ---: |");
for (const [index, { queue, reject }] of levels.entries()) {
  console.log(`| ${number(crowds[index]!)} | ${Math.round(queue)} | ${Math.round(reject)} |`);
}
// Twenty times as many waiters would take twenty times as long each, if each looked at the others.
for (const step of ["queue", "reject"] as const) {
  assert(levels.at(-1)![step] < 5 * levels[0]![step], `the time to ${step} grows with the number of waiters`);
}
console.log(
  "\nAll were rejected with the signal's reason; the signal had one listener, and none afterwards; no permit was lost.",
);
