import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { hasPostgres, startPostgres } from "../../../tests/postgres.ts";
import { median, number } from "../harness.ts";
import { type Kind, kinds, openTenantContender } from "./tenant-contenders.ts";

/**
 * Fairness: nine tenants enqueue 100 jobs each, on an idle queue, and on one where another tenant's 100,000 jobs wait.
 * How long until the nine are done?
 */
const big = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 3);
const goal = 1.2;
const small = Array.from({ length: 9 }, (_, at) => `small ${at}`);
const each = 100;
/** How many times as long as alone is waited for. */
const patience = 5;

let names = 0;

/** Milliseconds until the nine tenants are done; `undefined` where that takes longer than `limit`. */
async function round(
  kind: Kind,
  url: string | undefined,
  waiting: number,
  limit: number,
): Promise<number | undefined> {
  const name = `round-${++names}`;
  const contender = await openTenantContender(kind, url, name);
  if (waiting > 0) await contender.enqueue("big", waiting);
  const finished = Promise.withResolvers<number>();
  let left = small.length * each;
  const done = (): void => {
    if (--left === 0) finished.resolve(performance.now());
  };
  const processes: ChildProcess[] = [];
  if (url === undefined) {
    await contender.work((tenant) => {
      if (tenant !== "big") done();
    });
  } else {
    for (let at = 0; at < 2; at++) {
      processes.push(fork(new URL("tenant-process.ts", import.meta.url), [kind, url, name]));
    }
    await Promise.all(processes.map((child) => once(child, "message")));
    for (const child of processes) child.on("message", done);
  }
  // By now, the workers are in the middle of the big tenant's jobs, and have claimed ahead.
  await sleep(2_000);
  const start = performance.now();
  for (const tenant of small) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await contender.enqueue(tenant, each);
  }
  const timer = new AbortController();
  const end = await Promise.race([
    finished.promise,
    sleep(limit, undefined, { signal: timer.signal }).catch(() => undefined),
  ]);
  timer.abort();
  await Promise.all(
    processes.map(async (child) => {
      child.disconnect();
      await once(child, "exit");
    }),
  );
  await contender.close();
  return end === undefined ? undefined : end - start;
}

async function compareWith(title: string, kind: Kind, url: string | undefined): Promise<string> {
  const alone: number[] = [];
  const beside: (number | undefined)[] = [];
  for (let at = 0; at < rounds; at++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another is the point
    alone.push((await round(kind, url, 0, 120_000))!);
    // oxlint-disable-next-line no-await-in-loop
    beside.push(await round(kind, url, big, patience * median(alone)));
  }
  const usual = median(alone);
  const late = beside.includes(undefined);
  const time = late ? patience * usual : median(beside as number[]);
  const sign = late ? "> " : "";
  const row = `| ${title} | ${number(Math.round(usual))} | ${sign}${number(Math.round(time))} | ${sign}${(time / usual).toFixed(2)} | ${kind === "tenants" ? `≤ ${goal}` : ""} |`;
  console.error(row);
  return row;
}

const rows = [await compareWith("the package with `tenant`, embedded, 1 process", "tenants", undefined)];
if (hasPostgres("the benchmark on PostgreSQL")) {
  const postgres = await startPostgres();
  for (const kind of kinds) {
    const title = kind.startsWith("pg-boss")
      ? kind
      : `the package with${kind === "tenants" ? "" : "out"} \`tenant\``;
    // oxlint-disable-next-line no-await-in-loop
    rows.push(await compareWith(`${title}, PostgreSQL, 2 processes`, kind, postgres.url));
  }
  await postgres.close();
}
console.log(
  `\n**Nine tenants with ${each} jobs of 5 ms each** (Node ${process.versions.node}, 4 workers a process, median of ${rounds} rounds)\n\n` +
    `| | alone, ms | beside ${number(big)} jobs of another, ms | ratio | goal |\n| --- | ---: | ---: | ---: | ---: |\n` +
    rows.join("\n"),
);
