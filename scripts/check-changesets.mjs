// Lists published packages that have changed without a changeset that names them.
// `check-changesets.mjs` compares with origin/main, otherwise with main; `check-changesets.mjs <ref>` with that ref.
// Files that are not committed yet count too.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

function git(...args) {
  return execFileSync("git", args, { encoding: "utf8", maxBuffer: 1e9, stdio: ["ignore", "pipe", "pipe"] });
}

/** The output of git, or `undefined` if it fails. */
function gitOrNothing(...args) {
  try {
    return git(...args).trim();
  } catch {
    return undefined;
  }
}

function stop(...lines) {
  console.error(lines.join("\n"));
  process.exit(1);
}

function findBase() {
  const refs = process.argv[2] === undefined ? ["origin/main", "main"] : [process.argv[2]];
  const ref = refs.find((each) => gitOrNothing("rev-parse", "--verify", "--quiet", `${each}^{commit}`));
  if (ref === undefined) {
    stop(
      `Nothing was compared: there is no ${refs.join(" and no ")} in this clone.`,
      "Fetch it (`git fetch origin main`), or name another: node scripts/check-changesets.mjs <ref>",
    );
  }
  const commit = gitOrNothing("merge-base", ref, "HEAD");
  if (commit === undefined) {
    stop(
      `Nothing was compared: ${ref} and HEAD have no common commit in this clone.`,
      "It may be a shallow one: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow.",
    );
  }
  return { ref, commit };
}

const { ref, commit } = findBase();

/** The earlier version of a file; `undefined` if it did not exist. */
const before = (path) => gitOrNothing("show", `${commit}:${path}`);
const now = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

const changedFiles = [
  ...git("diff", "--name-only", "--no-renames", "-z", commit).split("\0"),
  ...git("ls-files", "--others", "--exclude-standard", "-z").split("\0"),
].filter((path) => path !== "");

const bumps = new Set(["patch", "minor", "major", "none"]);
const example = 'such as "@llx/http": minor';

/** The packages that a changeset names, and why it cannot be released. */
function readChangeset(file) {
  const text = now(file).replaceAll("\r\n", "\n");
  const [, head, body] = text.match(/^---\n(.*?)^---[ \t]*$(.*)/ms) ?? ["", "", text];
  const names = [];
  const faults = [];
  for (const line of head.split("\n").filter((each) => !/^\s*(#|$)/.test(each))) {
    const [, name, bump] = line.match(/^["']?([^"'\s:]+)["']?\s*:\s+["']?([^"'\s]+)["']?\s*(?:#.*)?$/) ?? [];
    if (name !== undefined) names.push(name);
    if (name === undefined) {
      faults.push(`has the line \`${line.trim()}\`, which must be a package, a colon and a bump, ${example}`);
    } else if (!bumps.has(bump)) {
      faults.push(
        `has the unknown bump ${bump} for ${name}: it is patch, minor or major (or none, for no release)`,
      );
    }
  }
  if (names.length + faults.length === 0) {
    faults.push(
      `names no package: begin it with a line of ---, a line for each package, ${example}, and another ---`,
    );
  }
  if (body.trim() === "") faults.push("has no text: describe the change for its users, below the second ---");
  return { file, names, faults };
}

/** The changesets: what is released next. */
const changesets = (existsSync(".changeset") ? readdirSync(".changeset") : [])
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .map((file) => readChangeset(`.changeset/${file}`));

const packages = ["packages", "integrations"]
  .filter((group) => existsSync(group))
  .flatMap((group) => readdirSync(group).map((name) => `${group}/${name}`))
  .filter((folder) => existsSync(`${folder}/package.json`))
  .map((folder) => ({ folder, manifest: JSON.parse(now(`${folder}/package.json`)) }))
  .filter(({ manifest }) => !manifest.private);

/** The published part of a `package.json`, with the versions of the catalog. */
function publishedManifest(read, folder) {
  const text = read(`${folder}/package.json`);
  if (text === undefined) return undefined;
  const catalog = new Map(
    [...(read("pnpm-workspace.yaml") ?? "").matchAll(/^ +["']?([^"'\s]+?)["']?: (.+)$/gm)].map(
      ([, name, version]) => [name, version],
    ),
  );
  const manifest = JSON.parse(text);
  const published = JSON.stringify(manifest, (name, value) => {
    if (["version", "scripts", "devDependencies"].includes(name)) return undefined;
    return value === "catalog:" ? catalog.get(name) : value;
  });
  return { version: manifest.version, published };
}

/** Whether a file is part of the tarball: sources are, through `dist`. */
const isPublished = (path) =>
  /^(README\.md|LICENSE|tsup\.config\.ts|src\/.+)$/.test(path) && !/\.test(-d)?\.ts$/.test(path);

/** The changes that reach the tarball; none if the package is just being released. */
function changesOf(folder) {
  const old = publishedManifest(before, folder);
  const current = publishedManifest(now, folder);
  if (old !== undefined && old.version !== current.version) return [];
  const files = changedFiles
    .filter((path) => path.startsWith(`${folder}/`) && isPublished(path.slice(folder.length + 1)))
    .map((path) => path.slice(folder.length + 1));
  return old?.published === current.published ? files : ["package.json", ...files];
}

const faults = changesets.flatMap(({ file, faults: found }) => found.map((fault) => `${file} ${fault}.`));
if (faults.length > 0) stop(...faults);

const problems = changesets.flatMap(({ file, names }) =>
  names
    .filter((name) => !packages.some(({ manifest }) => manifest.name === name))
    .map((name) => `${file} names ${name}, which is no published package of this workspace.`),
);

let changed = 0;
for (const { folder, manifest } of packages) {
  const changes = changesOf(folder);
  if (changes.length === 0) continue;
  changed++;
  // An unreleased package has all its changes in its first changelog; later each change needs its own note.
  const isNoted = changesets.some(
    ({ file, names }) =>
      names.includes(manifest.name) && (manifest.version === "0.0.0" || changedFiles.includes(file)),
  );
  if (isNoted) continue;
  const which =
    changes.slice(0, 3).join(", ") + (changes.length > 3 ? ` and ${changes.length - 3} more` : "");
  problems.push(`${manifest.name} has changed since ${ref} (${which}), and no new changeset names it.`);
}

if (problems.length > 0) {
  stop(
    ...problems,
    "Run `npx changeset`, choose the package, describe the change for its users, and commit the file.",
    'If it does not affect them, name the package with "none" instead of a version.',
  );
}
console.log(`Compared with ${ref}: ${changed} of ${packages.length} packages changed, each has a changeset.`);
