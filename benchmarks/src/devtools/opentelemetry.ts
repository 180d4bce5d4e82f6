// The same spans in the page of devtools, and in another viewer of OpenTelemetry that npm installs and that runs on this machine
// alone; in headless Chromium (or the browser that CHROMIUM names). It is installed in a temporary folder.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { heapOf, timesOf } from "./page-figures.ts";
import { writeRecord, writeTraces } from "./write-record.ts";

const peer = "autotel-devtools@27.1.0";
/** As many as the SDK of OpenTelemetry sends at once. */
const batch = 512;

const folder = mkdtempSync(join(tmpdir(), "llx-bench-"));
const cli = fileURLToPath(new URL("cli.js", import.meta.resolve("@llx/devtools")));
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", peer], {
  cwd: folder,
});

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
});

/** Starts a server; resolves when it has printed a text. */
async function start(
  words: readonly string[],
  until: RegExp,
): Promise<{ server: ChildProcess; found: string }> {
  const server = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const found = await new Promise<string>((resolve) => {
    const read = (data: Buffer): void => {
      printed += String(data);
      const [, match] = until.exec(printed) ?? [];
      if (match !== undefined) resolve(match);
    };
    server.stdout.on("data", read);
    server.stderr.on("data", read);
  });
  return { server, found };
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = once(server, "exit");
  server.kill("SIGINT");
  await ended;
}

/** How long it may take until spans are shown, in milliseconds. */
const longest = 120_000;

/** @param show makes the page show spans */
async function look(address: string, show: (page: Page) => Promise<void>): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  try {
    const from = performance.now();
    await page.goto(address);
    await show(page);
    const shown = performance.now() - from;
    const [paint] = await timesOf(page);
    const heap = await heapOf(page);
    return [paint.toFixed(0), shown.toFixed(0), heap.toFixed(0)];
  } catch (error) {
    if ((error as Error).name !== "TimeoutError") throw error;
    return ["", `not within ${longest.toLocaleString("en")}`, ""];
  } finally {
    await page.close();
  }
}

async function ours(spans: string): Promise<string[]> {
  const from = performance.now();
  const { server, found } = await start([cli, "--no-open", "open", spans], /(http:\S+)\n/);
  const ready = performance.now() - from;
  const seen = await look(`${found}#tree`, async (page) => {
    await page.getByText("a record").waitFor({ timeout: longest });
    const tree = page.getByRole("tree");
    await tree.getByRole("treeitem").first().waitFor();
    await tree.focus();
    // Traces of one name are one line until they are unfolded.
    // oxlint-disable-next-line no-await-in-loop -- one key after another
    for (const key of ["ArrowRight", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await tree
      .getByRole("treeitem", { name: /async_job/ })
      .first()
      .waitFor();
  });
  await stop(server);
  return [ready.toFixed(0), ...seen];
}

async function theirs(spans: string): Promise<string[]> {
  const { resourceSpans } = JSON.parse(readFileSync(spans, "utf8")) as {
    resourceSpans: [{ resource: object; scopeSpans: [{ scope: object; spans: object[] }] }];
  };
  const [{ resource, scopeSpans }] = resourceSpans;
  const [{ scope, spans: all }] = scopeSpans;
  const from = performance.now();
  const program = join(folder, "node_modules/autotel-devtools/dist/cli.js");
  const { server, found } = await start(
    [program, "--port", "43180", "--grpc-port", "43170"],
    /UI:\s+(http:\S+)/,
  );
  for (let first = 0; first < all.length; first += batch) {
    const part = [{ resource, scopeSpans: [{ scope, spans: all.slice(first, first + batch) }] }];
    // oxlint-disable-next-line no-await-in-loop -- as an exporter sends them
    const response = await fetch(`${found}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ resourceSpans: part }),
    });
    // oxlint-disable-next-line no-await-in-loop
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  }
  const ready = performance.now() - from;
  const seen = await look(found, async (page) => {
    await page.getByText("nightly").first().click({ timeout: longest });
    await page.getByText("async_job").first().waitFor({ timeout: longest });
  });
  await stop(server);
  return [ready.toFixed(0), ...seen];
}

console.log(
  `\n**Spans of OpenTelemetry** (Node ${process.version.slice(1)}, Chromium ${browser.version()})\n`,
);
console.log(
  "| spans | viewer | started and read, ms | first paint, ms | spans of a trace shown, ms | heap of the page, MB |",
);
console.log("| --- | --- | ---: | ---: | ---: | ---: |");
for (const [what, write, events] of [
  ["1,000 in one trace", writeRecord, 1_000],
  ["10,000 in 1,000 traces", writeTraces, 10_000],
  ["10,000 in one trace", writeRecord, 10_000],
] as const) {
  const record = join(folder, "run.ndjson");
  const spans = join(folder, "spans.json");
  // oxlint-disable-next-line no-await-in-loop -- one after another
  await write(record, events);
  execFileSync(process.execPath, [cli, "convert", "otlp", record, spans]);
  for (const [name, open] of [
    ["@llx/devtools", ours],
    [peer.replace("@", " "), theirs],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    console.log(`| ${[what, name, ...(await open(spans))].join(" | ")} |`);
  }
}
await browser.close();
rmSync(folder, { recursive: true });
