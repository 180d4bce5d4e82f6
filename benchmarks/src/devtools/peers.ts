// The same run of the AI SDK, recorded by DevtoolsHandler and by the AI SDK's own devtools, and each record opened in the page
// of its own tool, in headless Chromium (or the browser that CHROMIUM names).
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { heapOf, timesOf } from "./page-figures.ts";

const program = fileURLToPath(new URL("peer-program.ts", import.meta.url));
const peerFolder = join(dirname(fileURLToPath(import.meta.resolve("@ai-sdk/devtools"))), "..");
const { version } = JSON.parse(readFileSync(join(peerFolder, "package.json"), "utf8")) as { version: string };

interface Tool {
  readonly name: string;
  /** How `peer-program.ts` calls it; its record is this file. */
  readonly recorder: "none" | "llx" | "ai-sdk";
  readonly record?: string;
  /** What serves the record in the current folder, and the text by which the page shows that it has all of it. */
  readonly viewer?: { readonly words: readonly string[]; readonly shown: string };
}

const tools: readonly Tool[] = [
  { name: "none", recorder: "none" },
  {
    name: "DevtoolsHandler",
    recorder: "llx",
    record: "run.ndjson",
    viewer: {
      words: [
        fileURLToPath(new URL("cli.js", import.meta.resolve("@llx/devtools"))),
        "--no-open",
        "open",
        "run.ndjson",
      ],
      shown: "a record",
    },
  },
  {
    name: `@ai-sdk/devtools ${version}`,
    recorder: "ai-sdk",
    record: ".devtools/generations.json",
    viewer: { words: [join(peerFolder, "bin/cli.js")], shown: "question 0: " },
  },
];

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
});

async function open(folder: string, { words, shown }: NonNullable<Tool["viewer"]>): Promise<string[]> {
  const env = { ...process.env, AI_SDK_DEVTOOLS_PORT: "4984" };
  const server = spawn(process.execPath, words, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const address = await new Promise<string>((resolve) => {
    const read = (data: Buffer): void => {
      printed += String(data);
      const found = /(http:\S+)\n/.exec(printed);
      if (found) resolve(found[1]!);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
  });
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  const elsewhere = new Set<string>();
  await page.route(
    (url) => url.origin !== new URL(address).origin,
    (route) => {
      elsewhere.add(new URL(route.request().url()).hostname);
      return route.abort();
    },
  );
  await page.goto(address);
  await page.getByText(shown).first().waitFor({ state: "attached", timeout: 120_000 });
  const [paint, all] = await timesOf(page);
  const heap = await heapOf(page);
  await page.close();
  const ended = once(server, "exit");
  server.kill("SIGINT");
  await ended;
  return [paint.toFixed(0), all.toFixed(0), heap.toFixed(0), [...elsewhere].join(", ") || "–"];
}

console.log(
  `\n**Calls of the AI SDK, recorded and opened** (Node ${process.version.slice(1)}, Chromium ${browser.version()})\n`,
);
console.log(
  "| calls | recorded by | ms a call | record, MB | first paint, ms | all there, ms | heap of the page, MB | addresses elsewhere that it asks for |",
);
console.log("| ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |");
for (const calls of [104, 1_000, 2_000]) {
  for (const { name, recorder, record, viewer } of tools) {
    const folder = mkdtempSync(join(tmpdir(), "llx-bench-"));
    const { stdout, stderr } = spawnSync(process.execPath, [program, String(calls), recorder], {
      cwd: folder,
      encoding: "utf8",
    });
    if (stdout === "") throw new Error(stderr);
    const size = record === undefined ? "" : (statSync(join(folder, record)).size / 1e6).toFixed(2);
    // oxlint-disable-next-line no-await-in-loop -- one browser
    const opened = viewer === undefined ? ["", "", "", ""] : await open(folder, viewer);
    console.log(
      `| ${[calls.toLocaleString("en"), name, Number(stdout).toFixed(2), size, ...opened].join(" | ")} |`,
    );
    rmSync(folder, { recursive: true });
  }
}
await browser.close();
