import { AsyncLocalStorage } from "node:async_hooks";
import type { CleanUps } from "./clean-ups.ts";
import type { Tasks } from "./tasks.ts";

/** A call of `runJobs` or the like. */
export interface ScopedCall {
  /** How its progress is labelled. */
  readonly desc: string | undefined;
}

/** The parts of a run of `asyncRun`. */
export interface Scope {
  readonly tasks: Tasks;
  readonly cleanUps: CleanUps;
  /** Calls that were started in it and have not ended. */
  readonly calls: Set<ScopedCall>;
}

/** The run that the code of an async context belongs to. */
export const scopes: AsyncLocalStorage<Scope> = /* @__PURE__ */ new AsyncLocalStorage<Scope>();

/** Calls that nobody awaits: what they use may be closed. */
export function warnOfCallsLeft(calls: ReadonlySet<ScopedCall>): void {
  if (calls.size === 0) return;
  const names = new Set(Array.from(calls, ({ desc = "jobs" }) => desc));
  process.emitWarning(
    `asyncRun has ended and has closed what it owned, but ${calls.size} of its calls still run: ${[...names].join(", ")}. ` +
      "Await each call, or start it with fork, so that the run awaits it",
    { type: "CallsLeft", code: "LLX_CALLS_LEFT" },
  );
}
