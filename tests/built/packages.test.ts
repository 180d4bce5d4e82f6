import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
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
  // What an entry that needs an optional peer imports.
  ({ folder: consumer, tarballs } = makeConsumer(["gpt-tokenizer"]));
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

type Manifest = (typeof packages)[number]["manifest"] & {
  readonly [key in "main" | "module" | "types"]: string;
} & { readonly [key in "dependencies" | "peerDependencies"]?: Readonly<Record<string, string>> };

/** What is in the tarball of a package, in alphabetical order. */
function unpack({ manifest: { name } }: (typeof packages)[number]) {
  const folder = join(consumer, "unpacked", name);
  mkdirSync(folder, { recursive: true });
  run("tar", ["xzf", tarballs.get(name)!, "-C", folder, "--strip-components", "1"], consumer);
  const files = globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
  return {
    folder,
    files,
    manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
  };
}

/** The paths anywhere in a part of a manifest. */
function pathsIn(part: unknown): string[] {
  return typeof part === "string" ? [part] : Object.values(part as object).flatMap(pathsIn);
}

describe("published packages", () => {
  it("exist", () => {
    expect(packages.length).toBeGreaterThanOrEqual(7);
  });

  it.each(packages)("$manifest.name has the required metadata", ({ folder, manifest }) => {
    expect(manifest).toMatchObject({
      license: "MIT",
      sideEffects: false,
      engines: { node: ">=22.19.0" },
      repository: { type: "git", directory: folder },
      publishConfig: { access: "public" },
    });
    expect(manifest.private).toBeUndefined();
  });

  it.each(packages)("$manifest.name packs its build, README and licence, and nothing else", (published) => {
    const { files } = unpack(published);
    const [documents, build] = [false, true].map((isBuild) =>
      files.filter((file) => file.startsWith("dist/") === isBuild),
    );
    expect(documents).toEqual(["LICENSE", "README.md", "package.json"]);
    // Modules and declarations, each for ESM and CommonJS; threads are started as ESM only.
    expect(build!.filter((file) => !/^dist\/[\w-]+\.(js|cjs|d\.ts|d\.cts)$/.test(file))).toEqual([]);
    expect(build!.filter((file) => /\.test\b|-d\.ts|mutants|tsbuildinfo/.test(file))).toEqual([]);
    for (const kind of [".js", ".cjs", ".d.ts", ".d.cts"]) expect(build).toContain(`dist/index${kind}`);
  });

  it.each(packages)("$manifest.name has every file that it names, for ESM and CommonJS", (published) => {
    const { files, manifest } = unpack(published);
    const { exports, main, module, types } = manifest;
    const named = [exports, main, module, types].flatMap(pathsIn).map((path) => path.replace("./", ""));
    expect(named.length).toBeGreaterThan(7);
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
    for (const [path, target] of Object.entries(exports)) {
      const endings = pathsIn(target).map((file) => file.slice(file.indexOf(".", 2)));
      expect(endings, path).toEqual(
        path === "./package.json" ? [".json"] : [".d.ts", ".js", ".d.cts", ".cjs"],
      );
    }
  });

  it.each(packages)("$manifest.name states real versions of its dependencies", (published) => {
    const { manifest } = unpack(published);
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies });
    // A package of ours takes later ones that are compatible with what it was built with.
    for (const [name, range] of ranges) {
      expect(range, name).toMatch(
        name.startsWith("@llx/") ? /^\^\d+\.\d+\.\d+$/ : /^[\^~>=]*\d+\.\d+\.\d+( <.*)?$/,
      );
    }
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|file:|link:/);
  });

  it.each(packages)("$manifest.name has nothing of the machine that built it", (published) => {
    const { folder, files } = unpack(published);
    const places = [resolve("."), homedir()].filter((place) => place !== "/");
    const telling = files.filter((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      return places.some((place) => text.includes(`${place}/`)) || /file:\/\/\/\w/.test(text);
    });
    expect(telling).toEqual([]);
  });

  it.each(packages)("$manifest.name passes publint", ({ manifest }) => {
    expect(() => run("publint", [tarballs.get(manifest.name)!, "--strict"], consumer)).not.toThrow();
  });

  it.each(packages)("$manifest.name has the right types for ESM and CommonJS", ({ manifest }) => {
    expect(() => run("attw", [tarballs.get(manifest.name)!, "--profile", "node16"], consumer)).not.toThrow();
  });

  it.each(entries)("%s is imported and required, with the same exports under their own names", (entry) => {
    const print = `console.log(JSON.stringify(Object.entries(m).flatMap(([name, value]) =>
      /^(default|module.exports)$/.test(name) ? [] : [[name, typeof value === "function" ? value.name : name]],
    ).sort()))`;
    const [imported, required] = [
      ["module", `import * as m from "${entry}"; ${print}`] as const,
      ["commonjs", `const m = require("${entry}"); ${print}`] as const,
    ].map(
      ([type, code]) =>
        JSON.parse(run("node", [`--input-type=${type}`, "-e", code], consumer)) as [string, string][],
    );
    expect(required).toEqual(imported);
    // As errors and console.log show them.
    expect(imported!.filter(([name, own]) => name !== own)).toEqual([]);
    expect(imported).not.toEqual([]);
  });

  it.each([
    ["module", (name: string) => `await import("${name}")`],
    ["commonjs", (name: string) => `require("${name}")`],
  ] as const)("say on an older Node.js which one they need (%s)", (type, load) => {
    const names = packages.map(({ manifest }) => manifest.name);
    const program = `
      delete Promise.withResolvers;
      const main = async () => {
        ${names.map((name) => `try { ${load(name)}; console.log("${name} loads"); } catch (error) { console.log(error.message); }`).join("\n")}
      };
      main();`;
    const printed = run("node", [`--input-type=${type}`, "-e", program], consumer);
    expect(new Set(printed.trim().split("\n"))).toEqual(
      new Set([`@llx packages need Node.js 22.19 or later; this is ${process.version}`]),
    );
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
