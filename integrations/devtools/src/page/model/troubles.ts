import { type ErrorGroup, kindOf, type RunModel } from "./run-model.ts";

/** The name of the error with which a detected deadlock ends. */
const deadlockError = "DeadlockError";
const suspicion = "LLX_DEADLOCK_SUSPECTED";

/** Deadlocks of one kind, and the events that they have failed, if they were inside of any. */
interface Deadlock {
  readonly message: string;
  /** When the first was found. */
  readonly time: number;
  readonly count: number;
  readonly events: ErrorGroup | undefined;
}

/** What went wrong, by what it is. */
export interface Troubles {
  readonly deadlocks: Deadlock[];
  /** Most frequent first. */
  readonly errors: ErrorGroup[];
  readonly stalls: RunModel["stalls"];
  /** Suspected deadlocks, jobs left behind, and other warnings. */
  readonly warnings: RunModel["warnings"];
  /** How many of all of these there are: groups, not single errors. */
  readonly count: number;
}

export function troublesOf(model: RunModel): Troubles {
  const { errorGroups, stalls, warnings } = model;
  const groups = [...errorGroups.values()].toSorted((one, other) => other.count - one.count);
  const errors = groups.filter(({ name }) => name !== deadlockError);
  const deadlocks = deadlocksOf(model);
  const count = deadlocks.length + errors.length + stalls.length + warnings.length;
  return { deadlocks, errors, stalls, warnings, count };
}

function deadlocksOf({ errorGroups, deadlockGroups }: RunModel): Deadlock[] {
  const failed = new Map<string, ErrorGroup>();
  for (const group of errorGroups.values()) {
    if (group.name === deadlockError) failed.set(kindOf(group.message), group);
  }
  const found: Deadlock[] = [];
  for (const [kind, { message, time, count }] of deadlockGroups) {
    found.push({ message, time, count, events: failed.get(kind) });
  }
  // Spans of other programs, for example, tell of deadlocks only by their errors.
  for (const [kind, events] of failed) {
    const { message, count, first } = events;
    if (!deadlockGroups.has(kind)) found.push({ message, time: first.end, count, events });
  }
  return found;
}

/** A moment at which something went wrong with the whole, not with an event. */
export interface TroubleMark {
  readonly time: number;
  readonly word: "stall" | "deadlock" | "deadlock suspected";
}

export function marksOf(model: RunModel): TroubleMark[] {
  const { deadlocks, stalls, warnings } = model;
  const suspected = warnings.filter(({ code }) => code === suspicion);
  const found = deadlocks.length > 0 ? deadlocks : deadlocksOf(model);
  return [
    ...stalls.map(({ time }): TroubleMark => ({ time, word: "stall" })),
    ...found.map(({ time }): TroubleMark => ({ time, word: "deadlock" })),
    ...suspected.map(({ time }): TroubleMark => ({ time, word: "deadlock suspected" })),
  ];
}

/** What a warning is, for those who do not know its code. */
export function titleOfWarning(code: string): string {
  return titles[code] ?? "Warning";
}

const titles: Readonly<Record<string, string>> = {
  LLX_JOBS_ABANDONED: "Jobs left behind",
  LLX_ATTEMPT_ABANDONED: "Attempt left behind",
  LLX_INPUTS_ABANDONED: "Inputs left behind",
  LLX_ABANDONED_FAILED: "Something left behind has failed",
  [suspicion]: "Deadlock suspected",
  LLX_SIBLING_FAILED: "Another job failed too",
};
