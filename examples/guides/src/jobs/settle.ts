import { mapJobs } from "@llx/async";

let isBusy = true;
const load = (page: number): string => {
  if (isBusy && page % 3 === 0) throw new Error("busy");
  return `page ${page}`;
};

const pages = [1, 2, 3, 4, 5, 6, 7];
const outcomes = await mapJobs(pages, load, { settle: true });
const failed = outcomes.filter((outcome) => outcome.status === "rejected");
console.log("failed:", failed.map(({ input }) => input).join(", "));

isBusy = false;
const again = await mapJobs(failed, ({ input }) => load(input), { workers: 1 });
const results = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : ""));
for (const [at, { index }] of failed.entries()) results[index] = again[at]!;
console.log(results.join(", "));
