import assert from "node:assert/strict";
import { mapJobs } from "@llx/async";
import { CallbackManager, currentTrace, DebugHandler } from "@llx/callbacks";
import { type Outcome, retrieve, type Retriever } from "./retrieve.ts";

interface Question {
  readonly text: string;
  readonly answer: number;
}

/** Asks all retrievers each question, and takes the first `enough` answers. */
export async function askRetrievers(
  questions: readonly Question[],
  retrievers: readonly Retriever[],
  { enough, workers, signal }: { enough: number; workers: number; signal: AbortSignal },
  print: (line: string) => void,
): Promise<void> {
  const debug = new DebugHandler({ sink: { write: (tree) => print(tree.trimEnd()) } });
  const manager = new CallbackManager({ handlers: [debug] });
  const all = await mapJobs(
    questions,
    ({ text }, job) =>
      manager.event("query", async () => {
        const found = await retrieve(text, retrievers, { enough, manager, signal: job.signal });
        return { ...found, traceId: currentTrace()?.id };
      }),
    { workers, signal },
  );

  for (const [index, { results }] of all.entries()) {
    const { text, answer } = questions[index]!;
    assert.equal(results[0]?.id, answer, `the best text for "${text}"`);
  }
  const outcomes = all.map((each) => each.outcomes);
  const { p50, max } = debug.getEventTimeInfo("query");
  print(`\n${retrievers.length} retrievers at once, and the first ${enough} answers are fused:\n`);
  printTable(retrievers, outcomes, debug, print);
  print(`\nAn answer took ${p50.toFixed(1)} ms (median), ${max.toFixed(1)} ms at most.`);
  const worst = all.findIndex(
    (each) => each.outcomes.includes("failed") && each.outcomes.includes("too late"),
  );
  if (worst === -1) return;
  print(`\n"${questions[worst]!.text}", for which one failed and another was too late:\n`);
  debug.printTraceMap({ traceId: all[worst]!.traceId });
}

function printTable(
  retrievers: readonly Retriever[],
  outcomes: readonly (readonly Outcome[])[],
  debug: DebugHandler,
  print: (line: string) => void,
): void {
  const kinds = ["in time", "too late", "failed", "stopped"] as const;
  print(row("retriever", "limit", kinds, "median"));
  for (const [index, { name, limit }] of retrievers.entries()) {
    const counts = kinds.map((kind) => outcomes.filter((each) => each[index] === kind).length);
    const { p50 } = debug.getEventTimeInfo(name);
    print(row(name, `${limit} ms`, counts, `${p50.toFixed(1)} ms`));
  }
}

function row(name: string, limit: string, cells: readonly (string | number)[], median: string): string {
  const columns = cells.map((cell) => String(cell).padStart(10)).join("");
  return `${name.padEnd(9)}  ${limit.padStart(7)}${columns}  ${median.padStart(9)}`;
}
