import { currentTrace } from "@llx/callbacks";
import type { Holder, HolderWait } from "./holders.ts";
import type {
  InspectedCall,
  InspectedJob,
  InspectedParty,
  InspectedRate,
  InspectedSemaphore,
  Inspection,
} from "./inspection.ts";
import {
  type Asker,
  observation,
  type ObservedJob,
  type ObservedRate,
  type ObservedRun,
  type ObservedSemaphore,
  type Observer,
  type RunWatch,
  type SemaphoreWatch,
} from "../support/observer.ts";
import { WatchedSemaphore } from "./watched-semaphore.ts";

const mostDeadlocks = 20;

/** Tracks the runs and the semaphores of the process. */
class Inspector implements Observer {
  /** Whether it tracks single jobs and permits, not only counts. */
  on = Boolean(process.env["LLX_INSPECT"]);
  /** Increases whenever a job starts or settles, or permits are granted; stays the same while a program hangs. */
  moves = 0;
  readonly #runs = new Set<InspectedRun>();
  readonly #deadlocks: { readonly error: Error; readonly at: number }[] = [];
  readonly #semaphores = new Set<WeakRef<ObservedSemaphore>>();
  readonly #watched = new WeakMap<ObservedSemaphore, SemaphoreWatch>();
  readonly #collected = new FinalizationRegistry<WeakRef<ObservedSemaphore>>((reference) =>
    this.#semaphores.delete(reference),
  );

  run(run: ObservedRun): RunWatch {
    const inspected = new InspectedRun(this, run, (ended) => this.#runs.delete(ended));
    this.#runs.add(inspected);
    return inspected;
  }

  semaphore(semaphore: ObservedSemaphore, watch: SemaphoreWatch | undefined): SemaphoreWatch {
    const reference = new WeakRef(semaphore);
    this.#semaphores.add(reference);
    this.#collected.register(semaphore, reference);
    const watched = watch ?? new WatchedSemaphore(semaphore.label, undefined);
    this.#watched.set(semaphore, watched);
    return watch ?? new InspectedWatch(this, watched);
  }

  moved(): void {
    this.moves++;
  }

  deadlocked(error: Error): void {
    this.#deadlocks.push({ error, at: performance.now() });
    if (this.#deadlocks.length > mostDeadlocks) this.#deadlocks.shift();
  }

  inspect(): Inspection {
    const now = performance.now();
    const rates = new Map<ObservedRate, InspectedRate>();
    const rateOf = (rate: ObservedRate): InspectedRate => {
      const inspected = rates.get(rate) ?? inspectRate(rate);
      rates.set(rate, inspected);
      return inspected;
    };
    const semaphores = [...this.#semaphores].flatMap((reference) => reference.deref() ?? []);
    return {
      on: this.on,
      calls: [...this.#runs].map((run) => run.inspect(now, rateOf)),
      semaphores: semaphores
        .map((semaphore) => inspectSemaphore(semaphore, this.#watched.get(semaphore), now))
        .filter(({ waiting, available, permits }) => waiting > 0 || available < permits),
      deadlocks: this.#deadlocks.map(({ error, at }) => ({ error, age: now - at })),
    };
  }
}

/** Tracks a semaphore while inspection is on. */
class InspectedWatch implements SemaphoreWatch {
  readonly #inspector: Inspector;
  readonly #watched: SemaphoreWatch;

  constructor(inspector: Inspector, watched: SemaphoreWatch) {
    this.#inspector = inspector;
    this.#watched = watched;
  }

  asker(): Asker | undefined {
    return this.#inspector.on ? this.#watched.asker() : undefined;
  }
}

/** After a time-out, an attempt may still run while the next one runs. */
const keyOf = ({ index, attempt }: ObservedJob): string => `${index}/${attempt}`;

/** A run, and since when its jobs have been running. */
class InspectedRun implements RunWatch {
  readonly #inspector: Inspector;
  readonly #run: ObservedRun;
  readonly #onEnd: (run: InspectedRun) => void;
  readonly #trace: string | undefined;
  readonly #startedAt = new Map<string, number>();

  constructor(inspector: Inspector, run: ObservedRun, onEnd: (run: InspectedRun) => void) {
    this.#inspector = inspector;
    this.#run = run;
    this.#onEnd = onEnd;
    this.#trace = inspector.on ? currentTrace()?.name : undefined;
  }

  jobStarted(job: ObservedJob): void {
    this.#inspector.moves++;
    if (this.#inspector.on) this.#startedAt.set(keyOf(job), performance.now());
  }

  jobSettled(job: ObservedJob): void {
    this.#inspector.moves++;
    if (this.#startedAt.size > 0) this.#startedAt.delete(keyOf(job));
  }

  ended(): void {
    this.#onEnd(this);
  }

  inspect(now: number, rateOf: (rate: ObservedRate) => InspectedRate): InspectedCall {
    const { options, workers, total, started, running, admission, retries } = this.#run.parts();
    const waiting = retries?.jobs() ?? [];
    const asking = admission.asking === undefined ? [] : [admission.asking];
    const jobs = (): InspectedJob[] => [
      ...running.map((job) => inspectedJob(job, "running", this.#ageOf(job, now))),
      ...waiting.map(({ index, earlier }) =>
        inspectedJob({ index, attempt: earlier.attempts + 1 }, "waits for another attempt", undefined),
      ),
      ...asking.map((job) => inspectedJob(job, "waits for a permit", undefined)),
    ];
    return {
      desc: options.desc ?? "jobs",
      trace: this.#trace,
      workers,
      total,
      semaphore: typeof options.workers === "object" ? options.workers.label : undefined,
      rate: options.rate && rateOf(options.rate),
      started,
      done: started - running.length - waiting.length - asking.length,
      running: running.length,
      pausedFor: Math.max(admission.pausedFor, retries?.pausedFor ?? 0),
      refused: admission.refusals,
      jobs: this.#inspector.on ? jobs() : [],
    };
  }

  #ageOf(job: ObservedJob, now: number): number | undefined {
    const startedAt = this.#startedAt.get(keyOf(job));
    return startedAt === undefined ? undefined : now - startedAt;
  }
}

function inspectedJob(
  { index, attempt }: ObservedJob,
  state: InspectedJob["state"],
  age: number | undefined,
): InspectedJob {
  return { index, attempt, state, age };
}

function inspectRate({ state }: ObservedRate): InspectedRate {
  const { waiting, pausedFor, refused, requests, tokens, inputs } = state;
  return { waiting, pausedFor, refused, requests, tokens, inputs };
}

function inspectSemaphore(
  { label, permits, available, waiting, refused }: ObservedSemaphore,
  watch: SemaphoreWatch | undefined,
  now: number,
): InspectedSemaphore {
  const { holders = [], waits = [] } = (watch ?? {}) as Partial<WatchedSemaphore>;
  const party = (each: Holder | HolderWait): InspectedParty => ({
    where: each.where,
    permits: each.permits,
    trace: each.trace,
    age: now - each.since,
  });
  return {
    label,
    permits,
    available,
    waiting,
    refused,
    holders: Array.from(holders, party),
    waiters: Array.from(waits, party),
  };
}

/** The only inspector of the process. It watches from the time this module is loaded. */
export const inspector: Inspector = (observation.observer ??= new Inspector()) as Inspector;
