import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeConsumer, packages, run, typeCheck } from "./consumer.ts";

/** What can be imported: `@llx/x` and its sub-paths. */
const entries = packages.flatMap(({ manifest }) =>
  Object.keys(manifest.exports)
    .filter((path) => path !== "./package.json")
    .map((path) => manifest.name + path.slice(1)),
);

let consumer: string;
let tarballs: ReadonlyMap<string, string>;

beforeAll(() => {
  ({ folder: consumer, tarballs } = makeConsumer());
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

  it.each(["node16", "bundler"] as const)("are type-checked with moduleResolution %s", (moduleResolution) => {
    const importsOf = (all: readonly string[]): string =>
      all.map((entry, index) => `import * as m${index} from "${entry}";\nvoid m${index};`).join("\n");
    const use = `
import { runJobs } from "@llx/async";
const lengths: Promise<number[]> = runJobs(["a", "bb"].map((text) => () => text.length), { workers: 2 });
// @ts-expect-error a result is inferred, not any
const wrong: Promise<string[]> = runJobs([() => 1]);
void [lengths, wrong];
`;
    // LangChain's own declarations for CommonJS import what has none.
    const inCommonJs = entries.filter((entry) => entry !== "@llx/callbacks-langchain");
    const files = {
      "esm.mts": importsOf(entries) + use,
      ...(moduleResolution === "node16" && { "cjs.cts": importsOf(inCommonJs) + use }),
    };
    expect(() => typeCheck(join(consumer, moduleResolution), files, moduleResolution)).not.toThrow();
  });
});
