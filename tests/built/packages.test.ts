import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Manifest {
  name: string;
  private?: boolean;
  exports: Record<string, unknown>;
}

/** Every published package is packed, installed outside the workspace, and used as a stranger would use it. */
const packages = globSync("{packages,integrations}/*/package.json").map((path) => ({
  folder: path.replace(/\/package\.json$/, ""),
  manifest: JSON.parse(readFileSync(path, "utf8")) as Manifest,
}));

/** What can be imported: `@llx/x` and its sub-paths. */
const entries = packages.flatMap(({ manifest }) =>
  Object.keys(manifest.exports)
    .filter((path) => path !== "./package.json")
    .map((path) => manifest.name + path.slice(1)),
);

/** Runs a command with the workspace's tools; a failure shows what it printed. */
function run(command: string, args: readonly string[], cwd: string): string {
  const PATH = `${resolve("node_modules/.bin")}:${process.env["PATH"]}`;
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: "utf8",
      env: { ...process.env, PATH, NO_COLOR: "1", FORCE_COLOR: undefined },
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

let consumer: string;
const tarballs = new Map<string, string>();

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), "llx-consumer-"));
  const destination = join(consumer, "tarballs");
  for (const { folder, manifest } of packages) {
    const printed = run("pnpm", ["pack", "--json", "--pack-destination", destination], folder);
    tarballs.set(manifest.name, (JSON.parse(printed) as { filename: string }).filename);
  }
  const local = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const manifest = { private: true, dependencies: local, overrides: local };
  writeFileSync(join(consumer, "package.json"), JSON.stringify(manifest));
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], consumer);
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

describe("published packages", () => {
  it("are there", () => {
    expect(packages.length).toBeGreaterThanOrEqual(7);
  });

  it.each(packages)("$manifest.name says what a package must say of itself", ({ folder, manifest }) => {
    expect(manifest).toMatchObject({
      license: "MIT",
      sideEffects: false,
      engines: { node: ">=22.19.0" },
      repository: { type: "git", directory: folder },
      publishConfig: { access: "public" },
    });
    expect(manifest.private).toBeUndefined();
  });

  it.each(packages)(
    "$manifest.name packs its build, README and licence, and nothing else",
    ({ manifest }) => {
      const files = run("tar", ["tzf", tarballs.get(manifest.name)!], consumer)
        .trim()
        .split("\n");
      const expected = ["package/package.json", "package/README.md", "package/LICENSE"];
      expect(files).toEqual(expect.arrayContaining(expected));
      const others = files.filter((file) => !expected.includes(file));
      expect(others.filter((file) => !file.startsWith("package/dist/"))).toEqual([]);
      expect(others).not.toEqual([]);
    },
  );

  it.each(packages)("$manifest.name passes publint", ({ manifest }) => {
    expect(() => run("publint", [tarballs.get(manifest.name)!, "--strict"], consumer)).not.toThrow();
  });

  it.each(packages)("$manifest.name has the right types for ESM and CommonJS", ({ manifest }) => {
    expect(() => run("attw", [tarballs.get(manifest.name)!, "--profile", "node16"], consumer)).not.toThrow();
  });

  it.each(entries)("%s is imported and required, with the same exports", (entry) => {
    const print =
      "console.log(Object.keys(m).filter((n) => !/^(default|module.exports)$/.test(n)).sort().join())";
    const imported = run(
      "node",
      ["--input-type=module", "-e", `import * as m from "${entry}"; ${print}`],
      consumer,
    );
    const required = run(
      "node",
      ["--input-type=commonjs", "-e", `const m = require("${entry}"); ${print}`],
      consumer,
    );
    expect(required).toBe(imported);
    expect(imported.trim()).not.toBe("");
  });

  it.each(["node16", "bundler"])("are type-checked with moduleResolution %s", (moduleResolution) => {
    const folder = join(consumer, moduleResolution);
    mkdirSync(folder);
    const names = entries.map((entry, index) => `import * as m${index} from "${entry}";\nvoid m${index};`);
    const use = `
import { runJobs } from "@llx/async";
const lengths: Promise<number[]> = runJobs(["a", "bb"].map((text) => () => text.length), { workers: 2 });
// @ts-expect-error a result is inferred, not any
const wrong: Promise<string[]> = runJobs([() => 1]);
void [lengths, wrong];
`;
    const source = names.join("\n") + use;
    writeFileSync(join(folder, "esm.mts"), source);
    if (moduleResolution === "node16") writeFileSync(join(folder, "cjs.cts"), source);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "ES2023",
      lib: ["ES2024", "ESNext.Disposable"],
      types: ["node"],
      typeRoots: [resolve("node_modules/@types")],
      module: moduleResolution === "node16" ? "node16" : "esnext",
      moduleResolution,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*"] }));
    expect(() => run("tsc", ["-p", folder], consumer)).not.toThrow();
  });
});
