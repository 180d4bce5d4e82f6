import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** The arrows of ARCHITECTURE.md: what each package of the chain may depend on. All arrows point one way. */
const chain: Record<string, readonly string[]> = {
  "@llx/support": [],
  "@llx/callbacks": [],
  "@llx/async": ["@llx/callbacks"],
  "@llx/http": ["@llx/async", "@llx/callbacks"],
  "@llx/embeddings": ["@llx/async", "@llx/callbacks"],
};

/** The integrations that stand on another one: docs/decisions/017. */
const onIntegrations: Record<string, readonly string[]> = {
  "@llx/embeddings-batch": ["@llx/jobs-pgboss"],
};

interface Manifest {
  name: string;
  private?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const manifests = globSync("{packages,integrations,examples,benchmarks}/{*/,}package.json").map((path) => ({
  folder: dirname(path),
  manifest: JSON.parse(readFileSync(path, "utf8")) as Manifest,
}));

const dependenciesOf = (manifest: Manifest): string[] =>
  Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies });

const oursIn = (manifest: Manifest): string[] =>
  dependenciesOf(manifest).filter((name) => name.startsWith("@llx/"));

/** `@llx/support` is private: it is no dependency of what is published, but a part of it. */
const bundledIn = (manifest: Manifest): string[] =>
  Object.keys(manifest.devDependencies ?? {}).filter((name) => name === "@llx/support");

describe("the arrows between packages", () => {
  it("finds the packages of the chain", () => {
    const core = manifests.filter(({ folder }) => folder.startsWith("packages/"));
    expect(core.map(({ manifest }) => manifest.name).toSorted()).toEqual(Object.keys(chain).toSorted());
  });

  for (const { folder, manifest } of manifests) {
    it(`${manifest.name} depends only on packages below it`, () => {
      const allowed = folder.startsWith("packages/")
        ? chain[manifest.name]
        : folder.startsWith("integrations/")
          ? [...Object.keys(chain), ...(onIntegrations[manifest.name] ?? [])]
          : manifests.filter((other) => !other.manifest.private).map((other) => other.manifest.name);
      expect(allowed).toEqual(expect.arrayContaining(oursIn(manifest)));
    });

    it(`${manifest.name} imports only what it depends on`, () => {
      const declared = new Set([manifest.name, ...dependenciesOf(manifest), ...bundledIn(manifest)]);
      const undeclared = globSync(`${folder}/src/**/*.ts`)
        .filter((path) => !/\.test(-d)?\.ts$/.test(path))
        .flatMap((path) =>
          [...readFileSync(path, "utf8").matchAll(/\bfrom "(@llx\/[\w-]+)/g)].map(
            ([, name]) => `${basename(path)} imports ${name}`,
          ),
        )
        .filter((found) => !declared.has(found.split(" imports ")[1]!));
      expect(undeclared).toEqual([]);
    });
  }

  it("keeps core packages at one third-party dependency at most", () => {
    for (const { folder, manifest } of manifests) {
      if (!folder.startsWith("packages/")) continue;
      const others = dependenciesOf(manifest).filter((name) => !name.startsWith("@llx/"));
      expect(others.length, manifest.name).toBeLessThanOrEqual(1);
    }
  });

  it("keeps @llx/callbacks free of dependencies, and @llx/embeddings of undici", () => {
    const named = new Map(manifests.map(({ manifest }) => [manifest.name, manifest]));
    expect(dependenciesOf(named.get("@llx/callbacks")!)).toEqual([]);
    expect(dependenciesOf(named.get("@llx/embeddings")!)).not.toContain("undici");
  });
});

/**
 * For each folder of a package, the folders of the same package that its files import; types included. The entry points
 * beside the folders are lists of exports, and do not count.
 */
function foldersOf(root: string): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  const sources = globSync(`${root}/*/**/*.ts`).filter((path) => !/\.test(-d)?\.ts$/.test(path));
  for (const path of sources) {
    const from = folderOf(root, path);
    const targets = arrows.get(from) ?? new Set();
    arrows.set(from, targets);
    for (const [, target] of readFileSync(path, "utf8").matchAll(/\bfrom "(\.[^"]+)"/g)) {
      const to = folderOf(root, join(dirname(path), target!));
      if (to !== from) targets.add(to);
    }
  }
  return arrows;
}

/** `events` for `packages/callbacks/src/events/trace.ts`; `.` for an entry point. */
function folderOf(root: string, path: string): string {
  return (
    dirname(path)
      .slice(root.length + 1)
      .split("/")[0] || "."
  );
}

/** A path from a folder back to itself, or `undefined`. */
function circleFrom(start: string, arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const seen = new Set<string>();
  const walk = (folder: string, way: readonly string[]): string[] | undefined => {
    for (const next of arrows.get(folder) ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...way, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}

describe("the folders of a package", () => {
  for (const root of globSync("packages/*/src").toSorted()) {
    it(`${root} has no folders that import each other in a circle`, () => {
      const arrows = foldersOf(root);
      expect([...arrows.keys()].flatMap((folder) => circleFrom(folder, arrows) ?? [])).toEqual([]);
    });
  }
});
