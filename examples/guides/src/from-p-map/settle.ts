import { mapJobs } from "@llx/async";
import pMap, { pMapSettled, pMapSkip } from "p-map";

const pages = ["a", "broken", "c"];

async function load(page: string): Promise<string> {
  if (page === "broken") throw new Error("no such page");
  return page.toUpperCase();
}

const settled = await pMapSettled(pages, load, { concurrency: 2 });

const outcomes = await mapJobs(pages, load, { workers: 2, settle: true });

const skipped = await pMap(pages, (page) => load(page).catch(() => pMapSkip), { concurrency: 2 });

const loaded = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));

console.log("pMapSettled  ", settled.map(({ status }) => status).join(" "));
console.log("settle: true ", outcomes.map(({ status }) => status).join(" "));
console.log("pMapSkip     ", skipped.join(" "));
console.log("flatMap      ", loaded.join(" "));

const aggregate: unknown = await pMap(pages, load, { stopOnError: false }).catch((error: unknown) => error);
if (aggregate instanceof AggregateError) {
  for (const error of aggregate.errors as Error[]) console.log("one of the errors:", error.message);
}

for (const [index, outcome] of outcomes.entries()) {
  if (outcome.status === "rejected") console.log(`page ${pages[index]}:`, (outcome.reason as Error).message);
}
