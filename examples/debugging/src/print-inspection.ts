import type { InspectedParty, Inspection } from "@llx/async/debug";

/** Prints what runs and waits. */
export function printInspection({ calls, semaphores }: Inspection, print: (line: string) => void): void {
  for (const { desc, running, jobs } of calls) {
    print(`  ${desc}: ${running} running`);
    for (const { index, state } of jobs) print(`    job ${index} ${state}`);
  }
  for (const { label, holders, waiters } of semaphores) {
    print(`  ${label}`);
    for (const party of holders) print(`    held by ${partyLine(party)}`);
    for (const party of waiters) print(`    wanted by ${partyLine(party)}`);
  }
}

function partyLine({ where, trace }: InspectedParty): string {
  const line = where.replace(/file:\S*\//, "");
  return trace === undefined ? line : `${line}, in the trace "${trace}"`;
}
