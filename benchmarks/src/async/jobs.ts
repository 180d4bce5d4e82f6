// The cost of a job: N trivial jobs, compared with hand-written code and with peers. Needs --expose-gc.
//   node --expose-gc jobs.ts [--quick] [--jobs=1000000] [--rounds=7] [section …]
// Each section runs in its own process, so that optimisations for one do not slow another.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mapJobs } from "@llx/async";
import { number } from "../harness.ts";
import { counter, isQuick, job, names, times } from "./job-plan.ts";
import { immediateSection, mapSection, runSection } from "./map-sections.ts";
import { asyncMapLimit, type MapAll, pulling, queueing, rawMap } from "./mappers.ts";
import { stragglers } from "./stragglers.ts";
import { asyncSection, streamSection } from "./stream-sections.ts";

/** The peak memory of a process that does nothing else. */
const inMemory: Readonly<Record<string, MapAll>> = {
  raw: rawMap,
  ours: (items, mapper, workers) => mapJobs(items, mapper, { workers }),
  "async.mapLimit": asyncMapLimit,
  ...pulling,
  ...queueing,
};

function memorySection(): void {
  console.log(`\n**Peak memory of the process, ${number(times)} jobs, 8 workers, results kept**\n`);
  console.log("| | MiB |\n| --- | ---: |");
  const contenders = isQuick ? ["raw", "ours"] : Object.keys(inMemory);
  for (const name of ["nothing", ...contenders]) console.log(`| ${name} | ${child("peak", name)} |`);
}

async function peak(name: string | undefined): Promise<void> {
  if (name !== undefined) await inMemory[name]?.(counter(times), job, 8);
  console.log(Math.round(process.resourceUsage().maxRSS / 1024));
}

const sections: Readonly<Record<string, () => unknown>> = {
  "map-8": () => mapSection(8),
  "map-64": () => mapSection(64),
  "run-8": () => runSection(8),
  "run-64": () => runSection(64),
  "async-8": () => asyncSection(8),
  "async-64": () => asyncSection(64),
  "stream-8": () => streamSection(8),
  "stream-64": () => streamSection(64),
  immediate: immediateSection,
  stragglers,
  memory: memorySection,
};

/** Runs this file again with other positionals; returns its output, unless that goes to the terminal. */
function child(...wanted: string[]): string {
  const given = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
  const { status, stdout } = spawnSync(
    process.execPath,
    [...process.execArgv, import.meta.filename, ...given, ...wanted],
    { stdio: ["ignore", wanted[0] === "peak" ? "pipe" : "inherit", "inherit"], encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${wanted.join(" ")} ended with ${status}`);
  return stdout?.trim() ?? "";
}

const [section, contender] = names;
if (isQuick && section === undefined)
  console.log(
    "\n--quick: only shows that everything runs. Nothing is warmed up, so the figures mean little.",
  );
if (section === "peak") await peak(contender);
else if (names.length === 1) await (sections[section!] ?? assert.fail(`no section ${section}`))();
else for (const each of section === undefined ? Object.keys(sections) : names) child(each);
