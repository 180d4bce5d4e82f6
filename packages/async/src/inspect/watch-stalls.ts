import { checkNames, checkTimeout, describe, describeThrown, type NamesOf, timerDelay } from "@llx/support";
import type { InspectedCall, InspectedParty, InspectedSemaphore } from "./inspection.ts";
import { inspector } from "./inspector.ts";
import { pausedInWords } from "../progress/progress-words.ts";

/** When {@link watchStalls} reports a stall, and where. */
export interface WatchStallsOptions {
  /**
   * After how long it is a stall that no job starts or settles and no permit is granted, in milliseconds.
   *
   * @default 30_000
   */
  readonly after?: number | undefined;
  /**
   * Where the report is written.
   *
   * @default process.stderr
   */
  readonly sink?: { write(text: string): unknown } | undefined;
}

const names: NamesOf<WatchStallsOptions> = { after: true, sink: true };

/**
 * Watches all calls and semaphores of the process, and writes a report when jobs run or wait and nothing has moved
 * for a while, or when the process is about to end meanwhile, as nothing keeps it alive: what runs and waits, since when, where,
 * and in which trace. It reports each stall once, and does not keep the process alive itself. While a service asks all calls to
 * wait, nothing is reported.
 *
 * @returns an object whose `stop()` ends the watch
 * @throws TypeError or RangeError for invalid options
 */
export function watchStalls(options: WatchStallsOptions = {}): Disposable & { stop(): void } {
  checkNames(options, names);
  const { after = 30_000, sink = process.stderr } = options;
  checkTimeout("after", after);
  if (typeof sink?.write !== "function") throw new TypeError(`sink must have write(), not ${describe(sink)}`);
  let movesBefore = inspector.moves;
  let still = 0;
  // Checks four times per period: a stall is reported at most a quarter late.
  const timer = setInterval(
    () => {
      if (inspector.moves !== movesBefore) still = 0;
      else still++;
      movesBefore = inspector.moves;
      if (still !== 4) return;
      void write(reportOf(`nothing has moved for ${seconds(after)}`), sink);
    },
    timerDelay(after / 4),
  ).unref();
  const onBeforeExit = (): void => {
    void write(reportOf("the process ends, as nothing keeps it alive, and this still waits"), sink);
  };
  // Once: what the sink writes may keep the process alive for a moment.
  process.once("beforeExit", onBeforeExit);
  const stop = (): void => {
    clearInterval(timer);
    process.off("beforeExit", onBeforeExit);
  };
  return { stop, [Symbol.dispose]: stop };
}

/** An error of the sink must not end the process. */
async function write(report: string | undefined, sink: { write(text: string): unknown }): Promise<void> {
  if (report === undefined) return;
  try {
    await sink.write(report);
  } catch (error) {
    process.emitWarning(`a report of a stall could not be written: ${describeThrown(error)}`, {
      type: "StallReportFailed",
      code: "LLX_STALL_REPORT_FAILED",
    });
  }
}

/** `undefined` where nothing runs and nothing waits. */
function reportOf(what: string): string | undefined {
  const { on, calls, semaphores } = inspector.inspect();
  const waiting = semaphores.filter((semaphore) => semaphore.waiting > 0);
  if (calls.length === 0 && waiting.length === 0) return undefined;
  // A wait for a service has a known reason and end.
  if (calls.length > 0 && calls.every(({ pausedFor }) => pausedFor > 0)) return undefined;
  const lines = [
    `${what}:`,
    ...calls.flatMap(linesOfCall),
    ...semaphores.flatMap(linesOfSemaphore),
    ...(on ? [] : ["  (enableInspection() or LLX_INSPECT=1 shows which jobs, since when, and where)"]),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many jobs are listed; the others are only counted. */
const shown = 10;

function linesOfCall({
  desc,
  trace,
  workers,
  semaphore,
  started,
  done,
  running,
  pausedFor,
  jobs,
}: InspectedCall): string[] {
  const pause = pausedFor > 0 ? `; ${pausedInWords(pausedFor)[0]}` : "";
  const limit = semaphore === undefined ? `${workers} workers` : semaphore;
  return [
    `  ${desc} (${limit}${inTrace(trace)}): ${running} running, ${started - done - running} waiting, ${done} done${pause}`,
    ...listed(jobs, ({ index, attempt, state, age }) => {
      const which = `job ${index}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
      return `    ${which} ${state}${age === undefined ? "" : ` for ${seconds(age)}`}`;
    }),
  ];
}

function linesOfSemaphore({
  label,
  permits,
  available,
  waiting,
  holders,
  waiters,
}: InspectedSemaphore): string[] {
  return [
    `  ${label}: ${available} of ${permits} free, ${waiting} waiting`,
    ...listed(holders, lineOfParty("holds")),
    ...listed(waiters, lineOfParty("waits for")),
  ];
}

function lineOfParty(does: string): (party: InspectedParty) => string {
  return ({ where, permits, age, trace }) =>
    `    ${where} ${does} ${permits} for ${seconds(age)}${inTrace(trace)}`;
}

function listed<T>(all: readonly T[], line: (each: T) => string): string[] {
  const lines = all.slice(0, shown).map(line);
  return all.length > shown ? [...lines, `    … and ${all.length - shown} more`] : lines;
}

function inTrace(trace: string | undefined): string {
  return trace === undefined ? "" : `, in trace ${trace}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 9_950 ? 1 : 0)} s`;
}
