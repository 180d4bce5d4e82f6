import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const workflows = globSync(".github/workflows/*.yml").map((path) => ({
  path,
  text: readFileSync(path, "utf8"),
}));
const textOf = (name: string): string =>
  workflows.find(({ path }) => path === `.github/workflows/${name}.yml`)?.text ?? "";

/** The lines of each job, by its name. */
function jobsOf(text: string): Record<string, string> {
  const parts = text.slice(text.indexOf("\njobs:\n") + 7).split(/^ {2}(?=\S)/m);
  return Object.fromEntries(parts.filter(Boolean).map((part) => [part.slice(0, part.indexOf(":")), part]));
}

/** What a job may do. */
const permissionsOf = (job: string): string[] =>
  [...(/^ {4}permissions:\n((?: {6}.*\n)+)/m.exec(job)?.[1] ?? "").matchAll(/^ {6}(\S+: \w+)/gm)].map(
    ([, permission]) => permission!,
  );

describe.each(workflows)("$path", ({ text }) => {
  it("uses actions by their version, and no secret", () => {
    const uses = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action!);
    expect(uses.length).toBeGreaterThan(0);
    expect(
      uses.filter((action) => !/^(actions|changesets)\/[\w/-]+@v\d+(\.\d+\.\d+)?$/.test(action)),
    ).toEqual([]);
    expect(text).not.toContain("secrets.");
  });

  it("gives all jobs only read permission, and each job a time limit", () => {
    expect(text).toMatch(/^permissions:( \{\}|\n {2}contents: read)\n(?! )/m);
    for (const [name, job] of Object.entries(jobsOf(text))) {
      expect(job, name).toMatch(/^ {4}timeout-minutes: \d+$/m);
    }
  });

  it("puts nothing of a pull request into a command", () => {
    expect(text).not.toMatch(/run: .*\$\{\{ *github\.(head_ref|event)/);
  });
});

describe("the gate", () => {
  const gate = readFileSync(".ci/run", "utf8");
  const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> })
    .scripts;

  it("begins with the README's two commands, in the README's order", () => {
    const [, shown = ""] = /^## Try it\n[\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(
      readFileSync("README.md", "utf8"),
    )!;
    const promised = shown
      .trim()
      .split("\n")
      .map((line) => line.split("#")[0]!.trim());
    expect(promised).toEqual(["npm start", "npm test"]);
    const [before = "", commands = ""] = gate.split(/^(?=npm start$)/m);
    // Before them no more than packages of Debian is installed.
    expect(before).not.toMatch(/^\s*\(?(npm|npx|pnpm|mkdir|rm|export)\b/m);
    expect(commands.trim().split("\n").slice(0, 2)).toEqual(promised);
  });

  it("has the steps of `npm run check`, and no test twice", () => {
    const commands = gate.slice(gate.indexOf("\nnpm start\n")).trim().split("\n");
    expect(commands).toEqual(["npm start", "npm test", "npm run check:code", "npm run test:long"]);
    expect(scripts["test"]).toBe("node scripts/build.mjs && vitest run");
    expect(scripts["check"]).toBe("node scripts/build.mjs && npm run --silent check:code && vitest run");
    expect(scripts["check:code"]).toBe(
      "npm run --silent lint && tsc --noEmit && tsc -p integrations/devtools/src/page/ui && knip",
    );
  });
});

describe("CI", () => {
  const { changesets = "", check = "" } = jobsOf(textOf("ci"));

  it("requires changesets in each pull request, with the base available to compare with", () => {
    expect(changesets).toContain("if: github.event_name == 'pull_request'");
    expect(changesets).toContain("fetch-depth: 0");
    expect(changesets).toContain("BASE: ${{ github.base_ref }}");
    expect(changesets).toContain('run: node scripts/check-changesets.mjs "origin/$BASE"');
  });

  it("passes the gate for each pull request and each push to main", () => {
    expect(textOf("ci")).toMatch(/^on:\n {2}push:\n {4}branches: \[main\]\n {2}pull_request:\n/m);
    expect(check).toContain("run: bash .ci/run");
  });

  it("does so on the oldest Node that can install the workspace, too", () => {
    const { engines } = JSON.parse(readFileSync("package.json", "utf8")) as { engines: { node: string } };
    const [, listed = ""] = /^ {8}node: \[(.*)\]$/m.exec(check)!;
    expect(`>=${listed.split(", ")[0]}`).toBe(engines.node);
  });
});

describe("the soak", () => {
  it("takes ten minutes in CI, and an hour each night with more kills", () => {
    const { check = "" } = jobsOf(textOf("ci"));
    expect(check).toContain('LLX_SOAK_SECONDS: "600"');
    const nightly = textOf("nightly");
    expect(nightly).toMatch(/^on:\n {2}schedule:\n {4}- cron: "\d+ \d+ \* \* \*"\n {2}workflow_dispatch:\n/m);
    const { long = "" } = jobsOf(nightly);
    expect(long).toContain("run: npm run test:long");
    expect(long).toContain('LLX_SOAK_SECONDS: "3600"');
    expect(long).toContain('LLX_KILLS: "50"');
  });

  it("has time to end in its jobs", () => {
    for (const [name, job] of Object.entries({ ...jobsOf(textOf("ci")), ...jobsOf(textOf("nightly")) })) {
      const soak = Number(/LLX_SOAK_SECONDS: "(\d+)"/.exec(job)?.[1] ?? 0) / 60;
      expect(Number(/timeout-minutes: (\d+)/.exec(job)![1]), name).toBeGreaterThan(2 * soak);
    }
  });

  it("takes two minutes with the local gate", () => {
    expect(readFileSync(".ci/run", "utf8")).not.toContain("LLX_SOAK_SECONDS");
    expect(readFileSync("tests/long/soak.test.ts", "utf8")).toContain('"LLX_SOAK_SECONDS"] ?? 120');
  });
});

describe("a release", () => {
  const jobs = jobsOf(textOf("release"));

  it("is made from main only, one at a time, and never cancelled", () => {
    expect(textOf("release")).toMatch(/^on:\n {2}push:\n {4}branches: \[main\]\n\n/m);
    expect(textOf("release")).toMatch(
      /^concurrency:\n {2}group: \$\{\{ github\.workflow \}\}\n {2}cancel-in-progress: false\n/m,
    );
  });

  it("passes the gate before anything is versioned or published", () => {
    const { gate = "", ...others } = jobs;
    const steps = ["run: bash .ci/run", "changesets/action/select-mode@v2", "changesets/action/pack@v2"];
    const places = steps.map((step) => gate.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(Object.keys(others)).toEqual(["version", "publish"]);
    for (const job of Object.values(others)) expect(job).toContain("    needs: gate\n");
  });

  it("publishes what the gate has packed, with provenance and without a token", () => {
    const { publish = "" } = jobs;
    expect(publish).toContain("if: needs.gate.outputs.mode == 'publish'");
    expect(publish).toContain("pack-dir-artifact-id: ${{ needs.gate.outputs.packed }}");
    expect(publish).toContain("environment: npm\n");
    expect(publish).toMatch(/^ {10}PNPM_CONFIG_PROVENANCE: true$/m);
    expect(publish).not.toContain("TOKEN");
  });

  it("gives each job only the permissions it needs", () => {
    const { gate = "", version = "", publish = "" } = jobs;
    expect(permissionsOf(gate)).toEqual(["contents: read"]);
    expect(permissionsOf(version)).toEqual(["contents: write", "pull-requests: write"]);
    expect(permissionsOf(publish)).toEqual(["contents: write", "id-token: write"]);
  });
});
