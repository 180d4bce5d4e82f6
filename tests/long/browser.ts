import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Chromium is not an npm package: Debian's is taken, or the one that `CHROMIUM` names. */
const browserPath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Whether there is a browser; if not, it is said what is left out. */
export function hasBrowser(leftOut: string): boolean {
  const installed = existsSync(browserPath);
  if (!installed) console.warn(`SKIPPED: ${leftOut}, as there is no ${browserPath}`);
  return installed;
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
}

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

interface Page {
  /** Its ending says of what type it is. */
  readonly file: string;
  readonly body: Buffer | string;
}

/** Serves on 127.0.0.1 what is read for a path; where that is nothing, the answer is 404. */
export async function serve(
  read: (path: string) => Page | undefined,
): Promise<{ server: Server; address: string }> {
  const server = createServer((request, response) => {
    const page = read(decodeURIComponent(new URL(request.url!, "http://localhost").pathname));
    response.writeHead(page ? 200 : 404, {
      "content-type": types[extname(page?.file ?? "")] ?? "text/plain",
    });
    response.end(page?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
