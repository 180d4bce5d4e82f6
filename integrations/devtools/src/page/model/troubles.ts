import type { ErrorGroup, RunModel } from "./run-model.ts";

/** The name of the error with which a detected deadlock ends. */
const deadlock = "DeadlockError";

/** What went wrong, by what it is. */
export interface Troubles {
  readonly deadlocks: ErrorGroup[];
  /** Most frequent first. */
  readonly errors: ErrorGroup[];
  readonly stalls: RunModel["stalls"];
  /** Suspected deadlocks, jobs left behind, and other warnings. */
  readonly warnings: RunModel["warnings"];
  /** How many of all of these there are: groups, not single errors. */
  readonly count: number;
}

export function troublesOf({ errorGroups, stalls, warnings }: RunModel): Troubles {
  const groups = [...errorGroups.values()].toSorted((one, other) => other.count - one.count);
  const deadlocks = groups.filter(({ name }) => name === deadlock);
  const errors = groups.filter(({ name }) => name !== deadlock);
  return { deadlocks, errors, stalls, warnings, count: groups.length + stalls.length + warnings.length };
}

/** What a warning is, for those who do not know its code. */
export function titleOfWarning(code: string): string {
  return titles[code] ?? "Warning";
}

const titles: Readonly<Record<string, string>> = {
  LLX_JOBS_ABANDONED: "Jobs left behind",
  LLX_INPUTS_ABANDONED: "Inputs left behind",
  LLX_TASKS_ABANDONED: "Tasks left behind",
  LLX_CLEAN_UP_ABANDONED: "A clean-up left behind",
  LLX_ABANDONED_FAILED: "Something left behind has failed",
  LLX_DEADLOCK_SUSPECTED: "Deadlock suspected",
  LLX_SIBLING_FAILED: "Another job failed too",
};
