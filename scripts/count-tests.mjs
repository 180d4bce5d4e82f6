// Prints the plain closing line of a test run, from the report that vitest wrote.
import { existsSync, readFileSync } from "node:fs";

const [path] = process.argv.slice(2);
if (existsSync(path)) {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(path, "utf8"));
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
  console.log(`${numPassedTests} passed, ${numFailedTests} failed${skipped}`);
} else {
  console.log("0 passed, 1 failed");
}
