import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CallbackManager, DebugHandler } from "../../packages/callbacks/dist/index.js";

/** Chromium is not an npm package: Debian's is taken, or the one that `CHROMIUM` names. */
const browserPath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const installed = existsSync(browserPath);
if (!installed)
  console.warn(`SKIPPED: the Chrome trace is not opened in a viewer, as there is no ${browserPath}`);

/** With `PICTURES=1` the picture of the documentation is taken anew. */
const picture = new URL("../../docs/images/chrome-trace.png", import.meta.url);

const viewer = dirname(fileURLToPath(import.meta.resolve("speedscope/package.json")));
const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
};

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
    const serve = async (path: string, response: ServerResponse): Promise<void> => {
      const file = join(viewer, "dist/release", path);
      const body = path === "/trace.json" ? trace : await readFile(file).catch(() => undefined);
      response.writeHead(body ? 200 : 404, { "content-type": types[extname(path)] ?? "text/plain" });
      response.end(body);
    };
    server = createServer((request, response) => {
      void serve(new URL(request.url!, "http://localhost").pathname, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: browserPath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
      ],
    });
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
