// Prints the summary line of a run, from vitest's reports:
// `count-tests.mjs <since> <exit code> <report>...`. `since` is when the run began, in seconds since 1970: reports of
// earlier runs do not count. If the run failed but no test did, or a report is missing, that is one failure.
import { existsSync, readFileSync } from "node:fs";

const [since, code, ...paths] = process.argv.slice(2);
const reports = paths
  .filter((path) => existsSync(path))
  .map((path) => JSON.parse(readFileSync(path, "utf8")))
  .filter(({ startTime }) => startTime >= Number(since) * 1000);

const sum = (figure) => reports.reduce((total, report) => total + report[figure], 0);
const failedOtherwise = code !== "0" || reports.length < paths.length ? 1 : 0;
const failed = Math.max(sum("numFailedTests"), failedOtherwise);
const skipped = sum("numPendingTests");
console.log(`${sum("numPassedTests")} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
