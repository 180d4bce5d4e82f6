#!/usr/bin/env bash
# pnpm 12.21.0: after `pnpm install --prod`, each `pnpm run` installs again, without end, if a package of the workspace has
# development dependencies only. Before a script, pnpm checks whether the install is current (`verifyDepsBeforeRun`), and takes
# a package "with dependencies but without a modules directory" for outdated; yet the install that it then runs is again one
# without development dependencies, so the directory never comes. A build in CI that installs for production pays for an
# install with every script; `verifyDepsBeforeRun: warn` in pnpm-workspace.yaml ends it.
#
# Output seen, from the second of two runs of the same script:
#   Lockfile is up to date, resolution step is skipped
#   [WARN] The install that ran before the script left node_modules out of date, so the next run installs again. …
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent pnpm@12.21.0
mkdir -p workspace/packages/{app,lib}
cd workspace
echo '{ "name": "root", "version": "1.0.0", "private": true }' >package.json
printf 'packages:\n  - "packages/*"\n' >pnpm-workspace.yaml
cat >packages/app/package.json <<'END'
{ "name": "app", "version": "1.0.0", "private": true, "scripts": { "hi": "echo hi" }, "dependencies": { "lib": "workspace:*" } }
END
cat >packages/lib/package.json <<'END'
{ "name": "lib", "version": "1.0.0", "private": true, "devDependencies": { "is-number": "7.0.0" } }
END
cat >program.mjs <<'END'
import { spawnSync } from "node:child_process";

const pnpm = (...args) => {
  const { stdout, stderr } = spawnSync("../node_modules/.bin/pnpm", args, { encoding: "utf8" });
  return stdout + stderr;
};
pnpm("install", "--lockfile-only");
pnpm("install", "--frozen-lockfile", "--prod");
pnpm("--filter", "app", "run", "hi");
const again = pnpm("--filter", "app", "run", "hi");
console.log(again);
if (!again.includes("resolution step is skipped") || !again.includes("so the next run installs again")) {
  console.error("changed: the second run does not install");
  process.exitCode = 1;
}
END
node program.mjs
