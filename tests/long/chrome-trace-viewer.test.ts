import { existsSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler } from "../../packages/callbacks/dist/index.js";
import { hasBrowser, launchBrowser, serve } from "./browser.ts";

const installed = hasBrowser("the Chrome trace is not opened in a viewer");

/** With `PICTURES=1` the picture of the documentation is taken anew. */
const picture = new URL("../../docs/images/chrome-trace.png", import.meta.url);

const viewer = dirname(fileURLToPath(import.meta.resolve("speedscope/package.json")));

/** Work that takes its time, in as many places at once as an ingestion has. */
async function traceOfAnIngestion(): Promise<string> {
  const debug = new DebugHandler();
  const manager = new CallbackManager({ handlers: [debug] });
  const takes = (milliseconds: number) => (): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  await manager.asTrace("ingestion", () =>
    manager.event("ingestion", { count: 12 }, async () => {
      await manager.event("chunking", { count: 12 }, takes(12));
      await manager.event("embed_texts", { model: "example", count: 12 }, async () => {
        const worker = async (number: number): Promise<void> => {
          for (let index = number; index < 12; index += 4) {
            await manager.event("async_job", { index }, async () => {
              await manager.event("embedding", { count: 96 }, takes(8 + ((index * 7) % 13)));
              await takes(2)();
            });
          }
        };
        await Promise.all([0, 1, 2, 3].map(worker));
      });
      await manager.event("query", () => manager.event("retrieve", { topK: 3 }, takes(9)));
    }),
  );
  return JSON.stringify(debug.toChromeTrace());
}

describe.skipIf(!installed)("a Chrome trace in speedscope", () => {
  let browser: Browser;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    const trace = await traceOfAnIngestion();
    ({ server, address } = await serve((path) => {
      if (path === "/trace.json") return { file: path, body: trace };
      const file = join(viewer, "dist/release", path);
      return existsSync(file) ? { file, body: readFileSync(file) } : undefined;
    }));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it("is opened, with all its rows and events", async () => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 420 } });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`${address}/index.html#profileURL=${encodeURIComponent(`${address}/trace.json`)}`);
    await page.getByText(/Time Order/).waitFor();
    // Four jobs run at once: the first beside the main row, the others in rows of their own.
    await page.getByText(/main/).first().waitFor();
    await page.waitForLoadState("networkidle");
    if (process.env["PICTURES"]) await page.screenshot({ path: fileURLToPath(picture) });
    await page.getByText("Sandwich").click();
    for (const type of ["ingestion", "chunking", "embed_texts", "async_job", "embedding", "retrieve"]) {
      expect(await page.getByText(new RegExp(`^${type}\\b`)).count(), type).toBeGreaterThan(0);
    }
    expect(problems).toEqual([]);
  });
});
