import { globSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";

const findings = globSync("findings/*.sh").toSorted();

it("there are findings, and nothing else beside them", () => {
  expect(findings.length).toBeGreaterThan(3);
  expect(globSync("findings/*").filter((path) => !path.endsWith(".sh"))).toEqual(["findings/README.md"]);
});

describe.each(findings)("%s", (path) => {
  const text = readFileSync(path, "utf8");
  const [comment = ""] = /(?<=^#!.*\n)(#.*\n)+/.exec(text) ?? [];

  it("can be run, and stops at the first mistake", () => {
    expect(statSync(path).mode & 0o111).toBe(0o111);
    expect(text).toMatch(/^#!\/usr\/bin\/env bash\n# /);
    expect(text).toContain("\nset -euo pipefail\n");
  });

  it("says what it is of, what was seen, and when it fails", () => {
    const [, name, version] = /^# (\S+) (\d+\.\d+\.\d+)\b/.exec(comment)!;
    expect(text).toMatch(new RegExp(`^npm install .* ${name}@${version}( |$)`, "m"));
    expect(comment).toMatch(/^# Output seen/m);
    expect(comment).toMatch(/^# Exits with 0 while this is so/m);
    expect(text).toContain("process.exitCode = 1;");
  });

  it("installs exact versions of others' packages in a folder that it removes", () => {
    const [, packages = ""] = /^npm install (?:--\S+ )+(.*)$/m.exec(text)!;
    for (const each of packages.split(" ")) expect(each).toMatch(/^(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+$/);
    expect(text).not.toContain("@llx");
    expect(text).toContain(
      'folder=$(mktemp -d)\ntrap \'rm -rf "$folder"\' EXIT\ncd "$folder"\nnpm install --no-save ',
    );
  });
});
