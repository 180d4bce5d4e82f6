// Installs the workspace on a machine with only Node 20 and npm; silent if nothing has changed since the last time.
// `install.mjs` installs everything; `install.mjs quickstart` only what the quick start needs,
// unless the development tools are already installed: an install never removes anything.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { quietly } from "./quietly.mjs";

const root = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const { packageManager } = JSON.parse(read("package.json"));
const installed = (name) => existsSync(new URL(`node_modules/${name}`, root));
const quickstart = process.argv[2] === "quickstart";
const whole = !quickstart || installed("vitest");
const needed = ["llx", "@llx/example-quickstart...", "@llx/devtools..."];
const scope = whole ? [] : ["--prod", ...needed.flatMap((name) => ["--filter", name])];

/** What was installed last: everything or not, and from which files. An interrupted install leaves none. */
const stamp = new URL("node_modules/.cache/llx-installed", root);
const wanted = `${whole ? "all" : "quickstart"} ${fingerprint()}`;
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted || (whole && !installed("vitest"))) {
  rmSync(stamp, { force: true });
  if (quickstart && !installed("turbo"))
    console.error("Quick start: search documents by meaning. The default model needs no API key.");
  await quietly(describe(), "npx", [
    "--yes",
    packageManager,
    "install",
    "--frozen-lockfile",
    "--reporter=append-only",
    ...scope,
  ]);
  mkdirSync(new URL("./", stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** A hash of all files that decide what is installed. */
function fingerprint() {
  const hash = createHash("sha256");
  const folders = ["packages", "integrations", "examples"].flatMap((group) =>
    existsSync(new URL(group, root))
      ? readdirSync(new URL(group, root)).map((name) => `${group}/${name}/`)
      : [],
  );
  const manifests = ["", "benchmarks/", "docs/", ...folders].map((folder) => `${folder}package.json`);
  for (const path of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests.sort()]) {
    if (existsSync(new URL(path, root))) hash.update(`${path}\n${read(path)}\n`);
  }
  return hash.digest("hex");
}

function describe() {
  if (whole) return "Installing the workspace";
  if (installed("turbo")) return "Checking the installation";
  return "Installing Node.js, tools and a model (160 MB; first run only)";
}
