// How fast the page shows a record, what it keeps in memory, and how smoothly its timeline moves, in headless Chromium (or the
// browser that CHROMIUM names).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { heapOf, timesOf } from "./page-figures.ts";
import { writeRecord } from "./write-record.ts";

const folder = mkdtempSync(join(tmpdir(), "llx-bench-"));
const cli = fileURLToPath(new URL("cli.js", import.meta.resolve("@llx/devtools")));

async function measure(browser: Browser, events: number): Promise<void> {
  const path = join(folder, `${events}.ndjson`);
  await writeRecord(path, events);
  const server = spawn(process.execPath, [cli, "--no-open", "open", path], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let printed = "";
  server.stderr.on("data", (data) => (printed += String(data)));
  // oxlint-disable-next-line no-await-in-loop
  while (!printed.includes("Ctrl-C")) await once(server.stderr, "data");
  const address = /(http:\S+)/.exec(printed)![1]!;
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  await page.goto(`${address}#timeline`);
  await page.getByText("ended").waitFor({ timeout: 120_000 });
  const [paint, shown] = await timesOf(page);
  const heap = await heapOf(page);
  const session = await page.context().newCDPSession(page);

  const box = (await page.locator("canvas").boundingBox())!;
  await page.mouse.move(box.x + 600, box.y + 200);
  const drawn: number[] = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const { name, ts } of value as unknown as { name: string; ts: number }[]) {
      if (name === "DrawFrame") drawn.push(ts / 1e6);
    }
  });
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      includedCategories: ["disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"],
    },
  });
  // oxlint-disable no-await-in-loop -- a person has one hand on the wheel
  await page.keyboard.down("Control");
  for (let turn = 0; turn < 60; turn++) await page.mouse.wheel(0, turn < 30 ? -60 : 60);
  await page.keyboard.up("Control");
  await page.mouse.down();
  for (let step = 0; step < 60; step++) await page.mouse.move(box.x + 600 + 5 * step, box.y + 200);
  // oxlint-enable no-await-in-loop
  await page.mouse.up();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  drawn.sort((one, other) => one - other);
  const frames = (drawn.length - 1) / (drawn.at(-1)! - drawn[0]!);
  const cells = [
    events.toLocaleString("en"),
    Math.round(paint),
    Math.round(shown),
    Math.round(heap),
    frames.toFixed(0),
  ];
  console.log(`| ${cells.join(" | ")} |`);
  await page.close();
  const ended = once(server, "exit");
  server.kill("SIGINT");
  await ended;
  rmSync(path);
}

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
});
console.log(
  `\n**A record in the page** (Chromium ${browser.version()}, headless, without a graphics card)\n`,
);
console.log(
  "| events | first paint, ms | all shown, ms | heap, MB | frames a second while zooming and moving |",
);
console.log("| ---: | ---: | ---: | ---: | ---: |");
for (const events of [1_000, 100_000, 1_000_000]) {
  // oxlint-disable-next-line no-await-in-loop
  await measure(browser, events);
}
await browser.close();
rmSync(folder, { recursive: true });
