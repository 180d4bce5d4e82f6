import { mapJobs } from "@llx/async";

let isBusy = true;
const load = (page: number): string => {
  if (isBusy && page % 3 === 0) throw new Error("busy");
  return `page ${page}`;
};

const pages = [1, 2, 3, 4, 5, 6, 7];
const outcomes = await mapJobs(pages, load, { settle: true });
const failed = outcomes.flatMap(({ status }, index) => (status === "rejected" ? [index] : []));
console.log("failed:", failed.map((index) => pages[index]).join(", "));

isBusy = false;
const again = await mapJobs(failed, (index) => load(pages[index]!), { settle: true, workers: 1 });
for (const [at, index] of failed.entries()) outcomes[index] = again[at]!;
console.log(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "?")).join(", "));
