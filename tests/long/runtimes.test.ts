import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeConsumer, run } from "../built/consumer.ts";

/** The versions stand in `pnpm-workspace.yaml`, as `catalogs: runtimes:`. */
const [, catalog = ""] = readFileSync("pnpm-workspace.yaml", "utf8").match(
  /^ {2}runtimes:\n((?: {4}.*\n)+)/m,
)!;
const specs = [...catalog.matchAll(/^ {4}(\S+): (\S+)$/gm)].map(([, name, spec]) => `${name}@${spec}`);

/** Where a package of a runtime has its program, and how that is started. */
const programs: Readonly<Record<string, readonly string[]>> = {
  bun: ["bin/bun"],
  deno: ["deno", "run", "--allow-all", "--quiet"],
  "node-22": ["bin/node"],
  "node-24": ["bin/node"],
  tsx: ["dist/cli.mjs"],
};

/** Installs the runtimes; says why where that is not possible. */
function install(): { folder: string; missing?: string } {
  const folder = mkdtempSync(join(tmpdir(), "llx-runtimes-"));
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { folder, missing: `they are for linux-x64, and this is ${process.platform}-${process.arch}` };
  }
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", ...specs];
  try {
    execFileSync("npm", args, { cwd: folder, stdio: "pipe", timeout: 100_000 });
    return { folder };
  } catch (error) {
    const [reason = error] = /npm error .*/.exec(String((error as { stderr?: Buffer }).stderr)) ?? [];
    return { folder, missing: `npm could not install them: ${String(reason)}` };
  }
}

const runtimes = install();
if (runtimes.missing !== undefined) {
  console.warn(`SKIPPED: nothing is run on Node 22, Node 24, Bun and Deno: ${runtimes.missing}`);
}

/** What the program prints, if all is well. */
const expected = {
  jobs: { squares: [25, 16, 9, 4, 1, 0], most: 3, streamed: ["page 1", "page 2", "page 3"] },
  failures: { error: "job 1 cannot", started: 2, aborted: [0], answer: "at last", attempts: [1, 2, 3] },
  limits: {
    refused: true,
    available: 2,
    events: ["1 has connection 1", "2 has connection 1", "connection 1 closed"],
  },
  main: {
    result: "done",
    events: ["beside main", "last opened, first closed", "first opened, last closed"],
  },
  traces: {
    edges: [
      "async_job > retrieve",
      "async_job > retrieve",
      "query > async_job",
      "query > async_job",
      "root > query",
    ],
    traces: 1,
  },
  // One word a text, and equal texts are sent once: in requests of two texts.
  embeddings: {
    lengths: [4, 4, 4, 4],
    nearest: [2],
    same: true,
    usage: { inputTokens: 3, totalTokens: 3 },
    requests: 2,
  },
  requests: {
    status: 200,
    body: { input: ["ä"] },
    error: { name: "RateLimitError", message: "Example responded with 429: slow down", retryAfter: 2000 },
  },
  // One token for four characters, begun or whole; the first request is refused.
  provider: {
    kinds: ["Float32Array of 8", "Float32Array of 8", "Float32Array of 8"],
    usage: { inputTokens: 4, totalTokens: 4 },
    requests: 2,
  },
  blocking: "hello from a thread",
  left: 0,
};

let consumer: string;

beforeAll(() => {
  const ours = ["callbacks", "async", "http", "embeddings", "embeddings-openai"].map(
    (name) => `@llx/${name}`,
  );
  ({ folder: consumer } = makeConsumer([], ours));
  for (const extension of ["mts", "cts"]) {
    copyFileSync("tests/long/fixtures/consumer.ts", join(consumer, `program.${extension}`));
  }
  copyFileSync("tests/long/fixtures/blocking-greet.mjs", join(consumer, "greet.mjs"));
  const compilerOptions = {
    strict: true,
    target: "ES2023",
    lib: ["ES2024", "ESNext.Disposable"],
    module: "node16",
    types: ["node"],
    typeRoots: [resolve("node_modules/@types")],
  };
  const files = ["program.mts", "program.cts"];
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  run("tsc", ["-p", "."], consumer);
});

afterAll(() => {
  rmSync(runtimes.folder, { recursive: true, force: true });
  if (consumer) rmSync(consumer, { recursive: true, force: true });
});

/** Runs a program of the consumer to its end; what it prints is its results. */
function resultsOf(runtime: string, file: string): unknown {
  const [program = "", ...options] = programs[runtime] ?? [];
  const path =
    runtime === "node" ? process.execPath : join(runtimes.folder, "node_modules", runtime, program);
  const { status, stdout, stderr } = spawnSync(path, [...options, file, "greet.mjs"], {
    cwd: consumer,
    encoding: "utf8",
    timeout: 20_000,
    env: { PATH: process.env["PATH"], HOME: runtimes.folder, NO_COLOR: "1" },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

it("runs the program on the Node of the workspace, as an ES module and as CommonJS", () => {
  expect(resultsOf("node", "program.mjs")).toEqual(expected);
  expect(resultsOf("node", "program.cjs")).toEqual(expected);
});

describe.skipIf(runtimes.missing !== undefined)("a program compiled against the packed packages", () => {
  it.each(["node-22", "node-24", "bun", "deno"])("runs on %s, as an ES module", (runtime) => {
    expect(resultsOf(runtime, "program.mjs")).toEqual(expected);
  });

  it.each(["node-22", "node-24", "bun", "deno"])("runs on %s, as CommonJS", (runtime) => {
    expect(resultsOf(runtime, "program.cjs")).toEqual(expected);
  });

  it.each(["esm", "cjs"] as const)("runs on Node 22 as one file of the format %s", async (format) => {
    const extension = format === "esm" ? "mjs" : "cjs";
    const folder = join(consumer, `bundled-${format}`);
    mkdirSync(folder);
    const { metafile } = await build({
      entryPoints: [join(consumer, "program.mjs")],
      outfile: join(folder, `bundle.${extension}`),
      bundle: true,
      metafile: true,
      platform: "node",
      target: "node22",
      format,
      logLevel: "silent",
      // It starts a thread with a file that stands beside it.
      external: ["@llx/async/blocking"],
      // Packages that are CommonJS, undici among them, call `require`.
      ...(format === "esm" && {
        banner: {
          js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
        },
      }),
    });
    expect(Object.keys(metafile.outputs)).toHaveLength(1);
    expect(resultsOf("node-22", join(folder, `bundle.${extension}`))).toEqual(expected);
  });
});

describe.skipIf(runtimes.missing !== undefined)("deadlock detection", () => {
  it.each(["node-22", "node-24", "bun", "deno"])(
    "rejects no wait on %s while a timer is pending",
    (runtime) => {
      const program = `
      import { Semaphore } from "@llx/async";
      const one = new Semaphore(1, { label: "one", detectDeadlocks: true });
      const timer = new Promise((resolve) => setTimeout(() => resolve("timer"), 50));
      const first = await one.use(() => Promise.race([one.use(() => "late").catch(String), timer]));
      console.log(JSON.stringify(first));`;
      writeFileSync(join(consumer, "waits.mjs"), program);
      expect(resultsOf(runtime, "waits.mjs")).toBe("timer");
    },
  );
});

describe.skipIf(runtimes.missing !== undefined)("the command of devtools", () => {
  /** Runs a TypeScript program with it, which has four events. */
  function record(runtime: string) {
    const file = join(consumer, `${runtime}.ndjson`);
    writeFileSync(
      join(consumer, "watched.mts"),
      `import { mapJobs } from "@llx/async";
       import { CallbackManager } from "@llx/callbacks";
       const manager: CallbackManager = new CallbackManager();
       await manager.asTrace("nightly", () =>
         mapJobs([1, 2], (topK: number) => manager.event("retrieve", { topK }, () => topK), { workers: 2 }));
       console.log("done");`,
    );
    const [program = "", ...options] = programs[runtime]!;
    const path = join(runtimes.folder, "node_modules", runtime, program);
    const words = ["--record", file, path, ...options, "watched.mts"];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [resolve("integrations/devtools/dist/cli.js"), ...words],
      { cwd: consumer, encoding: "utf8", timeout: 20_000, env: environment },
    );
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const records = lines.map((line) => JSON.parse(line) as { kind: string; type?: string });
    const types = records.flatMap(({ kind, type }) => (kind === "event" ? [type] : []));
    return { status, stdout, stderr, types: new Set(types), count: types.length };
  }

  const { PATH = "" } = process.env;
  const environment = {
    PATH: `${dirname(process.execPath)}${delimiter}${PATH}`,
    HOME: runtimes.folder,
    NO_COLOR: "1",
  };

  it.each(["node-22", "node-24", "tsx", "bun"])("records a program on %s", (runtime) => {
    expect(record(runtime)).toEqual({
      status: 0,
      stdout: "done\n",
      stderr: "",
      types: new Set(["async_job", "retrieve"]),
      count: 4,
    });
  });

  it("says in one line that it sees nothing of a program on Deno, which runs as without it", () => {
    expect(record("deno")).toEqual({
      status: 0,
      stdout: "done\n",
      stderr:
        "devtools: nothing of the program can be seen: only Node.js and Bun load what records it; elsewhere, use DevtoolsHandler in its code\n",
      types: new Set(),
      count: 0,
    });
  });
});

it("leaves out of a bundle what is not used", async () => {
  const sizeOf = async (contents: string): Promise<number> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: consumer },
      bundle: true,
      write: false,
      minify: true,
      logLevel: "error",
      platform: "node",
      format: "esm",
      external: ["cli-progress"],
    });
    return gzipSync(outputFiles[0]!.contents).length;
  };
  const all = await sizeOf('export * from "@llx/async";');
  const one = await sizeOf('export { Semaphore } from "@llx/async";');
  console.log(`@llx/async: ${all} bytes, Semaphore alone ${one} bytes, minified and gzipped`);
  expect(one).toBeLessThan(0.45 * all);
  expect(await sizeOf('import "@llx/async";')).toBeLessThan(100);
});
