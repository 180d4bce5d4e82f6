// The example `ingestion`, as a process: a first run over 10,000 passages, and one that finds nothing new.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { median, number } from "../harness.ts";
import { writeCorpus } from "./corpus.ts";

const [documents, passagesOfEach, firstRuns, rounds, queries] = [1000, 10, 3, 9, 21];
const passages = documents * passagesOfEach;
const example = fileURLToPath(new URL("../../../examples/ingestion/src/main.ts", import.meta.url));
/** Where the example keeps an empty database, to be copied. */
const cache = fileURLToPath(new URL("../../../examples/ingestion/node_modules/.cache/llx", import.meta.url));
const base = fileURLToPath(new URL("./open-read-hash.ts", import.meta.url));

interface Run {
  /** Milliseconds from the start of the process to its end. */
  readonly time: number;
  /** CPU milliseconds, which are more reliable while other processes run. */
  readonly processor: number;
  /** Peak memory in bytes. */
  readonly peak: number;
  readonly printed: string;
}

/** At the end of a program: CPU microseconds, and kilobytes of memory. */
const tell = `process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.log("\\nused", userCPUTime + systemCPUTime, maxRSS);
})`;

/** Runs a program to its end; it reports its own resource usage. */
async function run(script: string, args: readonly string[]): Promise<Run> {
  const start = performance.now();
  const imported = `data:text/javascript,${encodeURIComponent(tell)}`;
  const child = spawn(process.execPath, ["--import", imported, script, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [printed, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  assert.equal(code, 0, errors);
  const time = performance.now() - start;
  const [, processor, peak] = /^used (\d+) (\d+)$/m.exec(printed)!;
  return { time, processor: Number(processor) / 1000, peak: Number(peak) * 1024, printed };
}

/** The transaction and location of each row, which change with any write. */
async function everyRow(store: string): Promise<unknown> {
  const pglite = await PGlite.create(join(store, "data"), { extensions: { vector } });
  const tables = ["document", "passage", "embedding"].map(
    (table) =>
      `SELECT '${table}', count(*), md5(string_agg(xmin::text || ctid::text, ' ' ORDER BY ctid)) FROM llx_ingestion.${table}`,
  );
  const { rows } = await pglite.query(tables.join(" UNION ALL "), [], { rowMode: "array" });
  await pglite.close();
  return rows;
}

const milliseconds = (value: number): string => `${number(Math.round(value))} ms`;
const megabytes = (value: number): string => `${number(Math.round(value / 1e6))} MB`;

const home = await mkdtemp(join(tmpdir(), "llx-bench-ingestion-"));
try {
  const folder = join(home, "folder");
  await writeCorpus(folder, documents, passagesOfEach);
  const optionsOf = (store: string): string[] => ["--folder", folder, "--store", store, "--provider", "fake"];

  const first: Run[] = [];
  const initialising: Run[] = [];
  const storing: number[] = [];
  const searching: number[] = [];
  const questions = Array.from({ length: queries }, (_, at) => ["--query", `question ${at}`]).flat();
  for (let round = 0; round < firstRuns; round++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another is the point
    await rm(cache, { recursive: true, force: true });
    // oxlint-disable-next-line no-await-in-loop
    initialising.push(await run(example, [...optionsOf(join(home, `initialised-${round}`)), ...questions]));
    // oxlint-disable-next-line no-await-in-loop
    const done = await run(example, [...optionsOf(join(home, `store-${round}`)), ...questions]);
    assert.match(done.printed, new RegExp(`${passages} passages, ${passages} embedded`));
    first.push(done);
    storing.push(1000 * Number(/, in ([\d.]+) s\.$/m.exec(done.printed)![1]));
    searching.push(...Array.from(done.printed.matchAll(/found in ([\d.]+) ms/g), ([, ms]) => Number(ms)));
  }

  const store = join(home, "store-0");
  const before = await everyRow(store);
  const unchanged: Run[] = [];
  const least: Run[] = [];
  for (let round = -1; round < rounds; round++) {
    // oxlint-disable-next-line no-await-in-loop
    const again = await run(example, optionsOf(store));
    // oxlint-disable-next-line no-await-in-loop
    const only = await run(base, [join(store, "data"), folder]);
    assert.match(again.printed, /\(0 new or changed, 0 removed\), 10000 passages, 0 embedded/);
    // The first round warms up the file system cache.
    if (round < 0) continue;
    unchanged.push(again);
    least.push(only);
  }
  assert.deepEqual(await everyRow(store), before, "an unchanged run must write no row");

  const middle = (runs: readonly Run[], figure: "time" | "processor" | "peak"): number =>
    median(runs.map((each) => each[figure]));
  const row = (name: string, runs: readonly Run[], goal: string): string =>
    `| ${name} | ${milliseconds(middle(runs, "time"))} | ${milliseconds(middle(runs, "processor"))} | ` +
    `${megabytes(middle(runs, "peak"))} | ${goal} |`;
  const ratio = (one: readonly Run[], other: readonly Run[], figure: "time" | "processor" | "peak"): string =>
    (middle(one, figure) / middle(other, figure)).toFixed(2);
  console.log(`
**Ingestion of ${number(passages)} passages in ${number(documents)} documents** (Node ${process.versions.node}, PGlite,
fake model of 384 dimensions; medians)

| | time | CPU time | peak memory | goal |
| --- | ---: | ---: | ---: | ---: |
${row(`first run, as a process, which initialises a database (${firstRuns} runs)`, initialising, "")}
${row(`first run, as a process, which copies one (${firstRuns} runs)`, first, "")}
| ratio of the two | ${ratio(first, initialising, "time")} | ${ratio(first, initialising, "processor")} | ${ratio(first, initialising, "peak")} | ≤ 0.5, memory ≤ 0.75 |
| … of which reading, splitting, embedding, storing | ${milliseconds(median(storing))} | | | |
| exact search over all (${searching.length} questions) | ${median(searching).toFixed(1)} ms | | | |
${row(`unchanged run (${rounds} rounds)`, unchanged, "no row written")}
${row("only opening, reading and hashing", least, "")}
| ratio of the last two | ${ratio(unchanged, least, "time")} | ${ratio(unchanged, least, "processor")} | | ≤ 1.5 |`);
} finally {
  await rm(home, { recursive: true, force: true });
}
