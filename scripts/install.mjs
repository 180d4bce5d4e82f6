// Installs the workspace on a machine that has nothing but Node 20 and npm.
// `install.mjs` installs all of it; `install.mjs quickstart` only what the quick start needs,
// unless the tools for development are there already: an install never takes anything away.
import { existsSync, readFileSync } from "node:fs";
import { quietly } from "./quietly.mjs";

const root = new URL("../", import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const whole = process.argv[2] !== "quickstart" || existsSync(new URL("node_modules/vitest", root));
const scope = whole ? [] : ["--prod", "--filter", "llx", "--filter", "@llx/example-quickstart..."];
await quietly(whole ? "Installing the workspace" : "Installing what the quick start needs", "npx", [
  "--yes",
  packageManager,
  "install",
  "--frozen-lockfile",
  "--reporter=append-only",
  ...scope,
]);
