import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { hasPostgres, startPostgres } from "../../../tests/postgres.ts";
import { median, number } from "../harness.ts";
import { type Contender, openPackage, openRaw } from "./contenders.ts";

/**
 * The package compared with raw pg-boss: small jobs with keys, a heartbeat and stored results, from the first
 * insert until none is left. The two take turns, because the speed of a machine drifts.
 */
const count = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 7);
const goal = 1.15;

interface Side {
  readonly contender: Contender;
  /** The number of worker processes; 0: this process works. */
  readonly helpers: readonly ChildProcess[];
  readonly times: number[];
}

async function openSide(kind: "raw" | "package", url: string | undefined, helpers: number): Promise<Side> {
  const contender = await (kind === "raw" ? openRaw : openPackage)(url);
  const processes = Array.from({ length: helpers }, () =>
    fork(new URL("work-process.ts", import.meta.url), [kind, url!]),
  );
  await Promise.all(processes.map((helper) => once(helper, "message")));
  return { contender, helpers: processes, times: [] };
}

async function tell({ helpers }: Side, message: object): Promise<void> {
  await Promise.all(
    helpers.map(async (helper) => {
      helper.send(message);
      await once(helper, "message");
    }),
  );
}

async function round(side: Side, name: string): Promise<number> {
  const { contender, helpers } = side;
  await contender.prepare(name);
  await tell(side, { prepare: name });
  globalThis.gc?.();
  const start = performance.now();
  await contender.enqueue(name, count);
  const stop = helpers.length === 0 ? await contender.work(name) : undefined;
  if (helpers.length > 0) await tell(side, { work: name });
  await contender.finished(name);
  const elapsed = performance.now() - start;
  await stop?.();
  await tell(side, { stop: true });
  return elapsed;
}

async function compareSides(title: string, raw: Side, ours: Side): Promise<string> {
  for (let at = 0; at <= rounds; at++) {
    for (const side of at % 2 === 0 ? [raw, ours] : [ours, raw]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      const elapsed = await round(side, `round-${at}`);
      if (at > 0) side.times.push(elapsed); // the first warms up
    }
  }
  for (const { contender, helpers } of [raw, ours]) {
    for (const helper of helpers) helper.disconnect();
    // oxlint-disable-next-line no-await-in-loop
    await contender.close();
  }
  const [before, now] = [median(raw.times), median(ours.times)];
  return `| ${title} | ${perSecond(before)} | ${perSecond(now)} | ${(now / before).toFixed(2)} | ≤ ${goal} |`;
}

function perSecond(time: number): string {
  return number(Math.round((count / time) * 1_000));
}

const rows = [
  await compareSides(
    "embedded, 1 process",
    await openSide("raw", undefined, 0),
    await openSide("package", undefined, 0),
  ),
];
if (hasPostgres("the benchmark on PostgreSQL")) {
  const postgres = await startPostgres();
  const { url } = postgres;
  rows.push(
    await compareSides(
      "PostgreSQL, 2 worker processes",
      await openSide("raw", url, 2),
      await openSide("package", url, 2),
    ),
  );
  await postgres.close();
}
console.log(
  `\n**${number(count)} small jobs** (Node ${process.versions.node}, median of ${rounds} rounds)\n\n` +
    "| | pg-boss, jobs/s | the package, jobs/s | time ratio | goal |\n| --- | ---: | ---: | ---: | ---: |\n" +
    rows.join("\n"),
);
