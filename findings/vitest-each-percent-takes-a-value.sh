#!/usr/bin/env bash
# vitest 5.1.1: in the titles of `test.each`, `%%` prints a percent sign, and then takes a value, which it prints after it; each
# later placeholder shows the next value: `undefined`, or `NaN` for `%i`. vitest 3.2.4 prints `under 98 % (seed 7)` for the same
# title. So titles, by which tests are chosen and reports are compared, lie about their case: write `percent` instead.
#
# Output seen: the titles of `under 98 %% (seed %i)` with the value 7, and of `%i %% of %s` with 7 and 7
#   under 98 % 7 (seed NaN)
#   7 % 7 of undefined
#
# Exits with 0 while this is so. Needs Node.js 22.19 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent vitest@5.1.1
cat >titles.test.mjs <<'END'
import { test } from "vitest";

test.each([[7]])("under 98 %% (seed %i)", () => {});
test.each([[7, 7]])("%i %% of %s", () => {});
END
cat >program.mjs <<'END'
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

execFileSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "--reporter=json", "--outputFile=report.json"], {
  stdio: "ignore",
});
const { testResults } = JSON.parse(readFileSync("report.json", "utf8"));
const titles = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title));
for (const title of titles) console.log(title);
if (titles.join() !== "under 98 % 7 (seed NaN),7 % 7 of undefined") {
  console.error("changed: a percent sign takes no value, or titles show something else");
  process.exitCode = 1;
}
END
node program.mjs
