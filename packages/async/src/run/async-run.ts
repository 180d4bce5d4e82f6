import {
  checkBoolean,
  checkFunction,
  checkMilliseconds,
  checkNames,
  checkSignal,
  type NamesOf,
  refusePromise,
  unwatchAbort,
  watchAbort,
} from "@llx/support";
import { CleanUps } from "./clean-ups.ts";
import { type Closable, closerOf } from "./closable.ts";
import { aggregateError, firstWithLater } from "./failures.ts";
import { unwatchLoopEnd, watchLoopEnd } from "./loop-end.ts";
import { named } from "../support/named.ts";
import { type Scope, scopes, warnOfCallsLeft } from "./scope.ts";
import { unwatchSignals, watchSignals } from "./signals.ts";
import { Tasks } from "./tasks.ts";

/** Options of `asyncRun`: what stops it early, and how long it waits for work that does not end. */
export interface AsyncRunOptions {
  /** Aborting it stops the run: main and the forked tasks are aborted and awaited, then everything is closed. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the first SIGINT or SIGTERM stops the run, and a second one ends the process at once. Default: `true` for an
   * outermost run, `false` for a nested one, which follows the signal of the outer run.
   */
  readonly handleSignals?: boolean | undefined;
  /**
   * How long to wait, in milliseconds, for main and forked tasks that ignore their abort, and then again for all clean-up
   * together. What takes longer is abandoned, and the run rejects with a `TimeoutError` that names it. `Infinity` waits forever.
   *
   * @default 10_000
   */
  readonly grace?: number | undefined;
}

/** What main receives; usable until the run has ended. */
export interface AsyncRunContext {
  /** Aborted when the run stops early. Pass it to whatever main waits for. */
  readonly signal: AbortSignal;
  /** Registers a function that is called during clean-up. */
  readonly defer: (cleanUp: () => unknown) => void;
  /** Registers something that is closed during clean-up, once, and returns it. */
  readonly own: <C extends Closable>(closable: C) => C;
  /**
   * Starts a task in parallel to main. The run does not end before it; its failure, caught or not, stops the run. The
   * promise may be ignored.
   */
  readonly fork: <T>(task: (context: { readonly signal: AbortSignal }) => T | PromiseLike<T>) => Promise<T>;
}

/**
 * Runs `main`, awaits the tasks that it forked, and then closes what it opened, last opened first: also after an error, an
 * abort, and Ctrl-C. The first failure, or an abort before the end, aborts `signal`; when everything is closed, the run rejects
 * with that error or reason as it is.
 *
 * No error hides another. If only clean-up fails, the run rejects with its error, or with an `AggregateError` of several. If
 * clean-up or other tasks fail after the first failure, it rejects with a `SuppressedError`, or with an `AggregateError` on
 * platforms without that: of either, `cause` is the first error, and `errors` are all. What was abandoned after `grace` is such
 * an error, too: a `TimeoutError` that names it. So a run that resolves, or rejects with its abort alone, has closed everything.
 *
 * After SIGINT or SIGTERM the run rejects with an `AbortError` that names the signal, and `process.exitCode` is 130 or 143. You
 * may catch that error and continue; if nothing catches it, the process exits with that code and prints no stack trace.
 *
 * A call of `mapJobs` or the like that was started in the run and never awaited may continue after its end: a process warning
 * says so (`LLX_CALLS_LEFT`).
 *
 * A nested run is aborted with the outer one. Nothing aborts clean-up. A run that waits while nothing keeps the process alive,
 * such as in a deadlock, is aborted with an Error that says so, instead of a process that ends without clean-up.
 *
 * @param main the program; it receives the signal, and what registers its clean-up
 * @throws TypeError or RangeError for invalid arguments, before anything starts
 *
 * @example
 * ```ts
 * await asyncRun(async ({ signal, own, fork }) => {
 *   const store = own(await openStore());
 *   void fork(() => watchStore(store, { signal }));
 *   await mapJobs(urls, async (url, job) => store.add(await fetch(url, job)), { signal });
 * });
 * ```
 */
export async function asyncRun<T>(
  main: (context: AsyncRunContext) => T | PromiseLike<T>,
  options: AsyncRunOptions = {},
): Promise<T> {
  checkNotStarted("main", main);
  checkOptions(options);
  const { signal, grace = 10_000 } = options;
  const outer = scopes.getStore();
  const nested = outer !== undefined && !outer.cleanUps.done;
  const { handleSignals = !nested } = options;
  const above = [signal, nested ? outer.tasks.signal : undefined].filter((each) => each !== undefined);
  for (const each of above) each.throwIfAborted();

  const scope = newScope();
  const { tasks, cleanUps } = scope;
  for (const each of above) watchAbort(each, tasks);
  if (handleSignals) watchSignals(tasks);
  if (!nested) watchLoopEnd(tasks);
  try {
    const result = scopes.run(scope, () => tasks.start("main", () => main(contextOf(scope))));
    await tasks.close(grace);
    const unclean = await scopes.run(cleaningUp, () => cleanUps.run(grace));
    if (tasks.failures.length > 0) throw firstWithLater([...tasks.failures, ...unclean]);
    warnOfCallsLeft(scope.calls);
    if (unclean.length > 0) throw aggregateError(unclean);
    return await result;
  } finally {
    if (handleSignals) unwatchSignals(tasks);
    if (!nested) unwatchLoopEnd(tasks);
    for (const each of above) unwatchAbort(each, tasks);
  }
}

const newScope = (): Scope => ({ tasks: new Tasks(), cleanUps: new CleanUps(), calls: new Set() });

/** The scope of clean-up, so that runs started in it are not aborted. */
const cleaningUp = newScope();

function contextOf({ tasks, cleanUps }: Scope): AsyncRunContext {
  const { signal } = tasks;
  const owned = new WeakSet();
  let forks = 0;

  function addCleanUp(by: string, name: string | undefined, call: () => unknown, consequence: string): void {
    if (cleanUps.done) throw new Error(`${by} was called when its run had ended; ${consequence}`);
    cleanUps.add(nameOf(by, cleanUps.size, name), call);
  }

  return {
    signal,
    defer(cleanUp) {
      checkFunction("the argument of defer", cleanUp);
      addCleanUp("defer", cleanUp.name, cleanUp, "the function will not be called");
    },
    own(closable) {
      const close = closerOf(
        closable,
        "the argument of own",
        "; what ends in another way: defer(() => it.close())",
      );
      const { label } = closable as { readonly label?: unknown };
      const name = named(closable.constructor?.name || "anonymous", label);
      if (!owned.has(closable)) {
        addCleanUp("own", name, close, "its argument stays open, so close it yourself");
      }
      owned.add(closable);
      return closable;
    },
    fork(task) {
      checkNotStarted("the argument of fork", task);
      if (tasks.closed) {
        throw new Error(
          `fork was called when its run had ended or was cleaning up; the task was not started`,
        );
      }
      return tasks.start(nameOf("fork", forks++, task.name), () => {
        signal.throwIfAborted();
        return task({ signal });
      });
    },
  };
}

function nameOf(by: string, index: number, name: string | undefined): string {
  return `${by} #${index} (${name || "anonymous"})`;
}

function checkNotStarted(name: string, task: unknown): void {
  const problem = "is a promise, which has already started; pass a function that starts it: () => promise";
  checkFunction(name, refusePromise(name, task, problem));
}

const optionNames: NamesOf<AsyncRunOptions> = { signal: true, handleSignals: true, grace: true };

function checkOptions(options: AsyncRunOptions): void {
  checkNames(options, optionNames, { closeTimeout: "it is called grace" });
  const { signal, handleSignals, grace } = options;
  checkSignal(signal);
  if (grace !== undefined) checkMilliseconds("grace", grace);
  checkBoolean("handleSignals", handleSignals);
}
