// Installs the workspace on a machine with only Node 20 and npm.
// `install.mjs` installs everything; `install.mjs quickstart` only what the quick start needs,
// unless the development tools are already installed: an install never removes anything.
import { existsSync, readFileSync } from "node:fs";
import { quietly } from "./quietly.mjs";

const root = new URL("../", import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const installed = (name) => existsSync(new URL(`node_modules/${name}`, root));
const quickstart = process.argv[2] === "quickstart";
const whole = !quickstart || installed("vitest");
const scope = whole ? [] : ["--prod", "--filter", "llx", "--filter", "@llx/example-quickstart..."];
if (quickstart)
  console.error("Quick start: search documents by meaning. The default model needs no API key.");
await quietly(describe(), "npx", [
  "--yes",
  packageManager,
  "install",
  "--frozen-lockfile",
  "--reporter=append-only",
  ...scope,
]);

function describe() {
  if (whole) return "Installing the workspace";
  if (installed("turbo")) return "Checking the installation";
  return "Installing Node.js, build tools, a 48 MB model and its engine (110 MB; first run only)";
}
