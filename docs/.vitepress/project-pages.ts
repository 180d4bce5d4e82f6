import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

interface ProjectPage {
  /** The last part of its address. */
  readonly page: string;
  /** Where its relative links start, from the root of the repository. */
  readonly folder: string;
  readonly read: () => string;
}

/** Pages of the site whose text is elsewhere in the repository. */
export const projectPages: readonly ProjectPage[] = [
  { page: "benchmarks", folder: "benchmarks", read: () => read("benchmarks/README.md") },
  { page: "changelog", folder: ".changeset", read: changelog },
];

/** All packages have one version. */
export const version = (JSON.parse(read("packages/async/package.json")) as { version: string }).version;

/** What the next release brings, and what each package's releases have brought. */
function changelog(): string {
  const notes = globSync(".changeset/*.md", { cwd: root }).toSorted().map(read).flatMap(noteOf);
  const released = globSync("{packages,integrations}/*/CHANGELOG.md", { cwd: root }).toSorted().map(read);
  // Their titles are the names of the packages: one level below the title of the page.
  const past = released.map((text) => text.replaceAll(/^#/gm, "##"));
  const next = notes.length === 0 ? [] : ["## Not released yet", ...notes];
  return ["# Changelog", ...next, ...past].join("\n\n");
}

/** A note for the changelogs: the packages that it is of, and its words. */
export function noteOf(note: string): string[] {
  const [, header = "", body = ""] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(note) ?? [];
  const packages = [...header.matchAll(/"(@llx\/[^"]+)"/g)].map(([, name]) => `\`${name}\``);
  return packages.length === 0 ? [] : [`**${packages.join(", ")}**`, body.trim()];
}
