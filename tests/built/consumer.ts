import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export interface Manifest {
  name: string;
  private?: boolean;
  exports: Record<string, unknown>;
}

/** Every published package. */
export const packages = globSync("{packages,integrations}/*/package.json")
  .map((path) => ({
    folder: dirname(path),
    manifest: JSON.parse(readFileSync(path, "utf8")) as Manifest,
  }))
  .filter(({ manifest }) => !manifest.private);

/** Runs a command with the workspace's tools; a failure shows what it printed. */
export function run(command: string, args: readonly string[], cwd: string): string {
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

/**
 * A folder outside the workspace where every package is installed from its tarball, as a stranger would.
 *
 * @param others packages of others that are installed too, in the versions of the workspace
 * @param ours the packages of the workspace, with all that they stand on; default: all
 */
export function makeConsumer(
  others: readonly string[] = [],
  ours: readonly string[] = packages.map(({ manifest }) => manifest.name),
): {
  folder: string;
  tarballs: ReadonlyMap<string, string>;
} {
  const folder = mkdtempSync(join(tmpdir(), "llx-consumer-"));
  const tarballs = new Map(
    packages
      .filter(({ manifest }) => ours.includes(manifest.name))
      .map(({ folder: source, manifest }) => {
        const args = ["pack", "--json", "--pack-destination", join(folder, "tarballs")];
        const { filename } = JSON.parse(run("pnpm", args, source)) as { filename: string };
        return [manifest.name, filename];
      }),
  );
  const local = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const theirs = Object.fromEntries(others.map((name) => [name, versionOf(name)]));
  const manifest = { private: true, dependencies: { ...local, ...theirs }, overrides: local };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], folder);
  return { folder, tarballs };
}

/** Of the workspace's catalog. */
function versionOf(name: string): string {
  const catalog = readFileSync("pnpm-workspace.yaml", "utf8");
  const line = catalog.split("\n").find((each) => each.trim().replaceAll('"', "").startsWith(`${name}: `));
  if (line === undefined) throw new Error(`no version of ${name} in the catalog`);
  return line
    .trim()
    .replaceAll('"', "")
    .slice(name.length + 2);
}

/** Type-checks source files in a new folder of a consumer; throws what the compiler says. */
export function typeCheck(
  folder: string,
  files: Readonly<Record<string, string>>,
  moduleResolution: "node16" | "bundler",
  { skipLibCheck = false } = {},
): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  const compilerOptions = {
    strict: true,
    checkJs: true,
    noEmit: true,
    skipLibCheck,
    target: "ES2023",
    lib: ["ES2024", "ESNext.Disposable"],
    types: ["node"],
    typeRoots: [resolve("node_modules/@types")],
    module: moduleResolution === "node16" ? "node16" : "esnext",
    moduleResolution,
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: Object.keys(files) }),
  );
  run("tsc", ["-p", folder], dirname(folder));
}
