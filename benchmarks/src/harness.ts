/** One way of doing what is measured. */
export interface Contender {
  readonly name: string;
  /** Does the operation so many times, one after another. */
  run(times: number): Promise<unknown>;
  /** Between rounds, not timed: throws away what a round has kept. */
  reset?(): unknown;
}

export interface CompareOptions {
  /** Operations in a round. */
  readonly times: number;
  /** Rounds that count; two before them do not. Default 11. */
  readonly rounds?: number;
  /** What each figure ought to be: the most that its ratio to the base may reach. */
  readonly goals?: Readonly<Record<string, number>>;
}

/**
 * Times contenders in turn, A B C A B C …, so that a machine whose speed drifts is as slow for one as for the
 * other. Prints a Markdown table: the median time of an operation, and the median of the ratios to the first
 * contender in the same round.
 */
export async function compare(
  title: string,
  contenders: readonly Contender[],
  options: CompareOptions,
): Promise<void> {
  const { times, rounds = 11, goals = {} } = options;
  const measured = contenders.map(() => [] as number[]);
  for (let round = -2; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      // What the one before has left is not collected on this one's time. A collection also makes the engine
      // forget part of what it has learnt of the code, so each contender may warm up again.
      globalThis.gc?.();
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      await contender.run(Math.ceil(times / 5));
      contender.reset?.();
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await contender.run(times);
      const elapsed = performance.now() - start;
      contender.reset?.();
      if (round >= 0) measured[index]!.push((elapsed * 1e6) / times);
    }
  }
  const [base] = measured;
  console.log(`\n**${title}** (Node ${process.versions.node}, ${times} times, median of ${rounds} rounds)\n`);
  console.log("| | ns | ratio | goal |\n| --- | ---: | ---: | ---: |");
  for (const [index, { name }] of contenders.entries()) {
    const figures = measured[index]!;
    const ratio = median(figures.map((figure, round) => figure / base![round]!));
    const goal = goals[name];
    console.log(
      `| ${name} | ${Math.round(median(figures))} | ${ratio.toFixed(2)} | ${goal === undefined ? "" : `≤ ${goal}`} |`,
    );
  }
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Bytes on the heap after a collection. Needs `--expose-gc`. */
export function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error("run node with --expose-gc");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
