/** One implementation of the measured operation. */
export interface Contender {
  readonly name: string;
  /** Operations per round, if it is too slow for as many as the others. */
  readonly times?: number | undefined;
  /** Rounds in which it takes part, if all would take too long. */
  readonly rounds?: number | undefined;
  /** Runs the operation so many times, in sequence. */
  run(times: number): Promise<unknown>;
  /** Between rounds, not timed: discards what a round has kept. */
  reset?(): unknown;
}

export interface CompareOptions {
  /** Operations per round. */
  readonly times: number;
  /** Rounds that count, after one warm-up round. Default 11. */
  readonly rounds?: number;
  /** Names of the contenders to compare with, a column of ratios for each. Default: the first. */
  readonly bases?: readonly string[];
  /** The goal of each figure: the maximum ratio to the first base, or a goal in words. */
  readonly goals?: Readonly<Record<string, number | string>>;
}

/**
 * Times contenders in turn, A B C A B C …, so that a machine whose speed drifts affects all
 * other. Prints a Markdown table: the median time of an operation, and the median of the ratios to the base
 * in the same round.
 */
export async function compare(
  title: string,
  contenders: readonly Contender[],
  options: CompareOptions,
): Promise<void> {
  const { times, rounds = 11, bases = [contenders[0]!.name], goals = {} } = options;
  const measured = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const contender of contenders) {
      if (contender.rounds !== undefined && (round < 0 || round >= contender.rounds)) continue;
      const count = Math.min(times, contender.times ?? times);
      // Garbage of the previous contender is not collected on this one's time. A collection also makes the engine
      // discard part of its optimisations, so each contender may warm up again.
      globalThis.gc?.();
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      await contender.run(Math.ceil(count / 5));
      contender.reset?.();
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await contender.run(count);
      const elapsed = performance.now() - start;
      contender.reset?.();
      if (round >= 0) measured.get(contender.name)!.push((elapsed * 1e6) / count);
    }
  }
  console.log(
    `\n**${title}** (Node ${process.versions.node}, ${number(times)} times, median of ${rounds} rounds)\n`,
  );
  const ratios = bases.length === 1 ? ["ratio"] : bases.map((base) => `vs. ${base}`);
  console.log(
    `| | ns | ${ratios.join(" | ")} | goal |\n| --- | ---: | ${"---: | ".repeat(ratios.length)}---: |`,
  );
  for (const { name, times: fewer = times } of contenders) {
    const figures = measured.get(name)!;
    const cells = [
      name +
        (fewer < times ? ` (${number(fewer)} times)` : "") +
        (figures.length < rounds ? ` (${figures.length} round)` : ""),
      String(Math.round(median(figures))),
      ...bases.map((base) => ratio(figures, measured.get(base)!)),
      goal(goals[name]),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function ratio(figures: readonly number[], base: readonly number[]): string {
  return median(figures.map((figure, round) => figure / base[round]!)).toFixed(2);
}

function goal(given: number | string | undefined): string {
  return typeof given === "number" ? `≤ ${given}` : (given ?? "");
}

/** A number formatted for tables. */
export function number(value: number): string {
  return value.toLocaleString("en");
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Bytes on the heap after a garbage collection. Needs `--expose-gc`. */
export function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error("run node with --expose-gc");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
