import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { packages, run } from "./consumer.ts";

const sizes = resolve("scripts/sizes.mjs");

const badges = new Map(
  run("node", [sizes, "--badges"], ".")
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", ...badge] = line.split(" ");
      return [name, badge.join(" ")];
    }),
);

/** What is printed of one package, whose main entry is this. */
function sizeOf(name: string, entry: string) {
  const folder = mkdtempSync(join(tmpdir(), "llx-sizes-"));
  try {
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    cpSync("scripts/sizes.mjs", join(folder, "scripts/sizes.mjs"));
    cpSync("packages/http/package.json", join(folder, "packages/p/package.json"));
    cpSync("packages/http/dist", join(folder, "packages/p/dist"), { recursive: true });
    const path = join(folder, "packages/p/package.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"@llx/http"', `"${name}"`));
    writeFileSync(join(folder, "packages/p/dist/index.js"), entry);
    return spawnSync("node", ["scripts/sizes.mjs"], { cwd: folder, encoding: "utf8" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("the size of each package", () => {
  it("is within its budget", () => {
    const { status, stdout, stderr } = spawnSync("node", [sizes], { encoding: "utf8" });
    console.log(stdout);
    expect(stderr).toBe("");
    for (const { manifest } of packages) expect(stdout).toContain(`\n${manifest.name} `);
    expect(stdout).not.toMatch(/NO BUDGET|TOO LARGE/);
    expect(status).toBe(0);
  });

  it("is red above the budget, and without one", () => {
    const incompressible = Array.from({ length: 3000 }, (_, index) => Math.sin(index)).join();
    expect(sizeOf("@llx/http", `export const numbers = [${incompressible}];`)).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^@llx\/http .*TOO LARGE/m) as string,
    });
    expect(sizeOf("@llx/http", "export const one = 1;")).toMatchObject({ status: 0 });
    expect(sizeOf("@llx/new", "export const one = 1;")).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^@llx\/new .*NO BUDGET/m) as string,
    });
  });
});

describe("the badges", () => {
  it.each(packages)("of $folder state the budget and the oldest Node", ({ folder, manifest }) => {
    const [title, , line] = readFileSync(join(folder, "README.md"), "utf8").split("\n");
    expect(title).toBe(`# ${manifest.name}`);
    expect(line).toBe(badges.get(manifest.name));
    expect(line).toMatch(/badge\/min%2Bgzip-%E2%89%A4_[\d.]+_kB-.*badge\/node-%E2%89%A5_22\.19-/);
  });
});
