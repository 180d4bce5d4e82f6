import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseChangesetFile } from "@changesets/parse";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const script = resolve("scripts/check-changesets.mjs");

/** The output of the script in a folder, and whether it passes. */
function check(cwd: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd,
    encoding: "utf8",
  });
  return { code: status, said: stdout + stderr };
}

describe("changes of published packages", () => {
  let origin: string;
  let folder: string;

  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@localhost", ...args], {
      cwd: folder,
      encoding: "utf8",
    });
  const write = (path: string, content: string | object): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  };
  const append = (path: string, content: string): void => appendFileSync(join(folder, path), content);
  const commit = (): void => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "a change");
  };
  const note = (name: string, kind = "patch"): void =>
    write(`.changeset/for-${name}.md`, `---\n"@t/${name}": ${kind}\n---\n\nBetter.\n`);

  beforeAll(() => {
    origin = mkdtempSync(join(tmpdir(), "llx-changesets-"));
    folder = origin;
    for (const name of ["a", "b", "secret"]) {
      write(`packages/${name}/package.json`, {
        name: `@t/${name}`,
        version: "1.0.0",
        ...(name === "secret" && { private: true }),
        ...(name === "b" && { dependencies: { undici: "catalog:" } }),
      });
      write(`packages/${name}/src/index.ts`, "");
      write(`packages/${name}/README.md`, `# ${name}\n`);
    }
    write("integrations/young/package.json", { name: "@t/young", version: "0.0.0" });
    write("pnpm-workspace.yaml", "catalog:\n  undici: ^8.0.0\n");
    write(".changeset/old.md", '---\n"@t/a": minor\n"@t/young": minor\n---\n\nNot released yet.\n');
    git("init", "--quiet", "--initial-branch", "main");
    commit();
  });

  afterAll(() => rmSync(origin, { recursive: true, force: true }));

  beforeEach(({ onTestFinished }) => {
    folder = mkdtempSync(join(tmpdir(), "llx-changesets-"));
    cpSync(origin, folder, { recursive: true });
    git("checkout", "--quiet", "-b", "work");
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  });

  it("are red without a changeset, and it says which and what to do", () => {
    append("packages/a/src/index.ts", "// new\n");
    commit();
    const { code, said } = check(folder);
    expect(code).toBe(1);
    expect(said).toContain("@t/a has changed since main (src/index.ts), and no new changeset names it.");
    expect(said).toContain("Run `npx changeset`");
  });

  it.each(["patch", "none"])("are green with one for %s, committed or not", (kind) => {
    append("packages/a/README.md", "More.\n");
    note("a", kind);
    expect(check(folder)).toMatchObject({ code: 0, said: expect.stringContaining("1 of 3") as string });
    commit();
    expect(check(folder)).toMatchObject({ code: 0 });
  });

  it("are red with a changeset for another package", () => {
    append("packages/a/src/index.ts", "// new\n");
    note("b");
    commit();
    expect(check(folder).said).toMatch(/^@t\/a has changed/);
  });

  it("are red with no more than the changeset of an earlier change, unless nothing was released yet", () => {
    write("integrations/young/src/index.ts", "// new\n");
    expect(check(folder)).toMatchObject({ code: 0, said: expect.stringContaining("1 of 3") as string });
    rmSync(join(folder, ".changeset/old.md"));
    expect(check(folder).said).toMatch(/^@t\/young has changed/);
  });

  it("are free in tests, in what only developers need, and in private packages", () => {
    write("packages/a/src/index.test.ts", "// new\n");
    write("packages/a/src/index.test-d.ts", "// new\n");
    write("packages/a/tsconfig.json", {});
    write("packages/a/package.json", { name: "@t/a", version: "1.0.0", devDependencies: { vitest: "5" } });
    append("packages/secret/src/index.ts", "// new\n");
    commit();
    expect(check(folder)).toMatchObject({ code: 0, said: expect.stringContaining("0 of 3") as string });
  });

  it("are seen in package.json, and in the catalog", () => {
    write("packages/a/package.json", { name: "@t/a", version: "1.0.0", engines: { node: ">=24" } });
    write("pnpm-workspace.yaml", "catalog:\n  undici: ^9.0.0\n");
    commit();
    const { said } = check(folder);
    expect(said).toContain("@t/a has changed since main (package.json)");
    expect(said).toContain("@t/b has changed since main (package.json)");
  });

  it("are free where the version changes: the release itself", () => {
    write("packages/a/package.json", { name: "@t/a", version: "1.1.0", engines: { node: ">=24" } });
    write("packages/a/CHANGELOG.md", "# a\n");
    rmSync(join(folder, ".changeset/old.md"));
    expect(check(folder)).toMatchObject({ code: 0 });
  });

  it.each(["secret", "nobody"])("cannot be noted for %s, which is not published", (name) => {
    note(name);
    expect(check(folder)).toEqual({
      code: 1,
      said: expect.stringContaining(
        `.changeset/for-${name}.md names @t/${name}, which is no published package`,
      ) as string,
    });
  });

  it.each([
    ['"@t/a": mnor', "Better.", "has the unknown bump mnor for @t/a: it is patch, minor or major"],
    ['"@t/a" minor', "Better.", 'has the line `"@t/a" minor`, which must be a package, a colon and a bump'],
    ['"@t/a":minor', "Better.", 'has the line `"@t/a":minor`, which must be a package, a colon and a bump'],
    ['"@t/a": minor', " ", "has no text: describe the change for its users"],
    ["", "Better.", "names no package: begin it with a line of ---"],
  ])("cannot be noted with %j and %j, and it says why, before anything else", (head, body, fault) => {
    append("packages/a/src/index.ts", "// new\n");
    write(".changeset/mine.md", `---\n${head}\n---\n\n${body}\n`);
    const { code, said } = check(folder);
    expect(code).toBe(1);
    expect(said).toMatch(/^\.changeset\/mine\.md /);
    expect(said).toContain(fault);
    expect(said.trim().split("\n")).toHaveLength(1);
  });

  it.each(["Better.\n", '"@t/a": minor\n\nBetter.\n'])(
    "cannot be noted without two lines of ---: %j",
    (text) => {
      write(".changeset/mine.md", text);
      expect(check(folder)).toEqual({
        code: 1,
        said: expect.stringContaining(".changeset/mine.md names no package") as string,
      });
    },
  );

  it("can be noted in single quotes or none, with comments and line ends of Windows", () => {
    for (const name of ["a", "b"]) append(`packages/${name}/src/index.ts`, "// new\n");
    write(
      ".changeset/mine.md",
      "---\r\n# both\r\n'@t/a': 'minor' # new\r\n@t/b: patch\r\n---\r\n\r\nBetter.\r\n",
    );
    expect(check(folder)).toMatchObject({ code: 0, said: expect.stringContaining("2 of 3") as string });
  });

  it("are compared with what is asked for", () => {
    append("packages/a/src/index.ts", "// new\n");
    commit();
    expect(check(folder, "HEAD")).toMatchObject({ code: 0 });
    expect(check(folder, "HEAD~1")).toMatchObject({ code: 1 });
  });

  it("are red where there is nothing to compare with", () => {
    git("branch", "--quiet", "--delete", "--force", "main");
    expect(check(folder)).toEqual({
      code: 1,
      said: expect.stringContaining("there is no origin/main and no main in this clone") as string,
    });
    expect(check(folder, "v9").said).toContain("there is no v9 in this clone");
    git("checkout", "--quiet", "--orphan", "elsewhere");
    commit();
    expect(check(folder, "work").said).toContain("no common commit");
  });
});

/** What is wrong with a changeset, as a release would read it. */
function problemsOf(text: string, published: readonly string[]): string[] {
  try {
    const { releases, summary } = parseChangesetFile(text);
    const unknown = releases.map(({ name }) => name).filter((name) => !published.includes(name));
    return [
      ...unknown.map((name) => `${name} is no published package`),
      ...(releases.length === 0 ? ["it names no package"] : []),
      ...(summary === "" ? ["it says nothing"] : []),
    ];
  } catch (error) {
    return [(error as Error).message];
  }
}

describe("the changesets of this workspace", () => {
  const published = globSync("{packages,integrations}/*/package.json")
    .map((path) => JSON.parse(readFileSync(path, "utf8")) as { name: string; private?: boolean })
    .flatMap((manifest) => (manifest.private ? [] : [manifest.name]));

  it.each(globSync(".changeset/*.md"))("%s can be released", (path) => {
    expect(problemsOf(readFileSync(path, "utf8"), published)).toEqual([]);
  });

  it.each([
    ['"@t/a": miner', "Better.", 'invalid version type "miner" for package "@t/a"'],
    ['"@t/a"', "Better.", "frontmatter must be an object"],
    ['"@t/a": patch\n"@t/a": minor', "Better.", "Map keys must be unique"],
    ['"@t/b": patch', "Better.", "@t/b is no published package"],
    ["", "Better.", "it names no package"],
    ['"@t/a": patch', " ", "it says nothing"],
  ])("could not be released with %j and %j", (head, body, problem) => {
    const problems = problemsOf(`---\n${head}\n---\n\n${body}\n`, ["@t/a"]);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it("name published packages, and every change of one", (context) => {
    const { code, said } = check(".");
    // A copy without the branch cannot be compared: CI, which has it, does so for each pull request.
    if (said.startsWith("Nothing was compared")) {
      console.warn(`SKIPPED: ${said}`);
      context.skip(said);
    }
    expect(said).toMatch(/^Compared with/);
    expect(code).toBe(0);
  });

  it("release each package by itself", () => {
    const config = JSON.parse(readFileSync(".changeset/config.json", "utf8")) as Record<string, unknown>;
    expect(config).toMatchObject({
      access: "public",
      baseBranch: "main",
      privatePackages: { version: false },
    });
    expect(config["fixed"] ?? []).toEqual([]);
    expect(config["linked"] ?? []).toEqual([]);
    expect(config["ignore"] ?? []).toEqual([]);
  });
});
