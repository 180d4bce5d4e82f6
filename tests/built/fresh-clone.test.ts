import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

/** A copy of the workspace in which nothing is installed. */
let clone: string;
/** What `npx` and the tools that it installs were called with. */
let log: string;
let programs: string;

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** Those that a person calls. */
const commands = Object.keys(scripts).filter((name) => !/^pre(?!pare)/.test(name));

/** Tools that an install brings: each one only says that it was called. */
const tools =
  "turbo vitest oxlint oxfmt tsc knip changeset pnpm"
    .split(" ")
    .map((tool) => `echo 'echo ${tool} "$@" >> "$LOG"' > node_modules/.bin/${tool}`)
    .join("\n") + "\nchmod +x node_modules/.bin/*";

/** In the place of `npx pnpm install`, which would need a registry. Nothing but Node and npm is there before it runs. */
const npx = `#!/bin/sh
echo npx "$@" >> "$LOG"
mkdir -p node_modules/.bin node_modules/turbo
ln -sf '${process.execPath}' node_modules/.bin/node
case "$*" in *--prod*) ;; *) mkdir -p node_modules/vitest;; esac
${tools}
`;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "llx-fresh-clone-"));
  clone = join(folder, "clone");
  programs = join(folder, "bin");
  log = join(folder, "log");
  mkdirSync(programs);
  writeFileSync(join(programs, "npx"), npx);
  chmodSync(join(programs, "npx"), 0o755);
  mkdirSync(clone);
  for (const path of [
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "README.md",
    "tsconfig.json",
  ]) {
    cpSync(path, join(clone, path));
  }
  cpSync("scripts", join(clone, "scripts"), { recursive: true });
  // What the commands run of the workspace itself is not under test here.
  writeFileSync(join(clone, "scripts/sizes.mjs"), "");
  writeFileSync(join(clone, "scripts/check-changesets.mjs"), "");
  mkdirSync(join(clone, "examples/quickstart/src"), { recursive: true });
  writeFileSync(join(clone, "examples/quickstart/src/main.ts"), "");
  mkdirSync(join(clone, "integrations/devtools/dist"), { recursive: true });
  writeFileSync(
    join(clone, "integrations/devtools/dist/cli.js"),
    `import { appendFileSync } from "node:fs";
     appendFileSync(process.env.LOG, ["devtools", ...process.argv.slice(3)].join(" "));`,
  );
});

afterAll(() => rmSync(join(clone, ".."), { recursive: true, force: true }));

beforeEach(() => {
  rmSync(join(clone, "node_modules"), { recursive: true, force: true });
  writeFileSync(log, "");
});

function npm(...args: readonly string[]) {
  const { PATH = "", HOME } = process.env;
  // Without what is installed in this workspace.
  const system = PATH.split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const env = { PATH: [programs, ...system].join(delimiter), HOME, LOG: log };
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", ...args], {
    cwd: clone,
    env,
    encoding: "utf8",
  });
  return { status, printed: stdout + stderr, called: readFileSync(log, "utf8").trimEnd().split("\n") };
}

describe("in a fresh clone", () => {
  it.each(commands.filter((name) => name !== "clean" && name !== "new:integration"))(
    "npm run %s brings what it needs",
    (name) => {
      const { status, printed, called } = npm(name);
      expect(printed).not.toMatch(/not found|Cannot find|ENOENT|Error/);
      expect(status).toBe(0);
      const installs = called.filter((line) => line.startsWith("npx --yes pnpm@"));
      expect(installs).toHaveLength(name === "check:changesets" ? 0 : 1);
    },
  );

  it("npm start -- --devtools builds the page too, and runs the quick start with it", () => {
    const { status, called } = npm("start", "--", "--devtools", "notes", "--workers", "2");
    expect(status).toBe(0);
    expect(called).toEqual([
      expect.stringMatching(/^npx .* --prod .*--filter @llx\/devtools\.\.\.$/),
      "turbo run build --filter=@llx/example-quickstart...",
      "turbo run build --filter=@llx/devtools...",
      `devtools ${join(realpathSync(clone), "examples/quickstart/src/main.ts")} notes --workers 2`,
    ]);
  });

  it("npm run format builds nothing", () => {
    expect(npm("format").called).toEqual([
      expect.stringMatching(/^npx /),
      expect.stringMatching(/^oxlint .*--fix$/),
      "oxfmt",
    ]);
  });

  it("npm run clean needs only git", () => {
    expect(scripts["clean"]).toMatch(/^git /);
  });

  it("npm run new:integration installs, writes the package and links it", () => {
    const { status, printed, called } = npm("new:integration", "--", "lily");
    expect(status).toBe(0);
    expect(existsSync(join(clone, "integrations/embeddings-lily/src/index.ts"))).toBe(true);
    expect(called).toEqual([
      expect.stringMatching(/^npx --yes pnpm@[\d.]+ install --frozen-lockfile/),
      "oxfmt integrations/embeddings-lily tsconfig.json",
      "pnpm install --no-frozen-lockfile",
    ]);
    expect(printed).not.toContain("pnpm install");
  });
});

describe("what is installed already", () => {
  it("is not installed again, and nothing is printed", () => {
    npm("lint");
    writeFileSync(log, "");
    const { printed, called } = npm("lint");
    expect(printed).toBe("");
    expect(called).toEqual(["turbo run build", "oxlint --type-aware --deny-warnings", "oxfmt --check"]);
  });

  it("is brought up to date when a manifest or the lock file has changed", () => {
    npm("lint");
    for (const change of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) {
      writeFileSync(log, "");
      appendFileSync(join(clone, change), "# changed\n");
      expect(npm("lint").called[0]).toMatch(/^npx /);
    }
    writeFileSync(log, "");
    mkdirSync(join(clone, "packages/new"), { recursive: true });
    writeFileSync(join(clone, "packages/new/package.json"), "{}");
    expect(npm("lint").called[0]).toMatch(/^npx /);
  });

  it("by the quick start is not enough for the rest", () => {
    expect(npm("start").called[0]).toContain("--prod");
    expect(npm("start").called.filter((line) => line.startsWith("npx"))).toHaveLength(1);
    writeFileSync(log, "");
    expect(npm("lint").called[0]).toMatch(/^npx .*--reporter=append-only$/);
    writeFileSync(log, "");
    // The development tools stay.
    expect(npm("start").called[0]).not.toMatch(/^npx/);
  });
});
