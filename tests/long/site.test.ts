import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import type { Server } from "node:http";
import { extname, join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hasBrowser, launchBrowser, serve } from "./browser.ts";

const installed = hasBrowser("the site is not opened in a browser");

const docs = resolve("docs");
const dist = join(docs, ".vitepress/dist");
const bins = `${join(docs, "node_modules/.bin")}:${resolve("node_modules/.bin")}`;

beforeAll(async () => {
  const options = { cwd: docs, env: { ...process.env, PATH: `${bins}:${process.env["PATH"]}` } };
  // The one refuses what is not documented and links to nowhere, the other dead links between pages.
  await promisify(execFile)("typedoc", [], options);
  await promisify(execFile)("vitepress", ["build"], options);
}, 240_000);

describe("the built site", () => {
  it("has a page for each guide, each package and each export", () => {
    const guides = globSync("docs/guides/*.md").map((path) => path.slice("docs/".length, -".md".length));
    const packages = globSync("{packages,integrations}/*/README.md").map(
      (path) => `packages/${path.split("/")[1]}`,
    );
    const exports = ["api/@llx/async/functions/mapJobs", "api/@llx/async/debug/functions/inspectJobs"];
    const missing = [...guides, ...packages, ...exports].filter(
      (page) => !existsSync(join(dist, `${page}.html`)),
    );
    expect(missing).toEqual([]);
    expect(guides.length).toBeGreaterThan(10);
  });

  it("tells language models what there is", () => {
    const index = readFileSync(join(dist, "llms.txt"), "utf8");
    const pages = [...index.matchAll(/\]\((\/[^)]+\.md)\)/g)].map(([, path]) => path!);
    expect(pages).toEqual(
      expect.arrayContaining([
        "/guides/jobs.md",
        "/packages/async.md",
        "/api/@llx/async/functions/mapJobs.md",
      ]),
    );
    expect(pages.filter((path) => !existsSync(join(dist, path)))).toEqual([]);
    expect(readFileSync(join(dist, "llms-full.txt"), "utf8")).toContain("At most eight requests run at once");
  });

  it("gives language models links that lead somewhere", () => {
    const written = globSync("**/*.md", { cwd: dist });
    const dead = written.flatMap((page) => {
      const text = readFileSync(join(dist, page), "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
      const links = [...text.matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)].map(([, link]) => link!);
      return links
        .filter((link) => !/^https?:/.test(link))
        .filter((link) => !link.startsWith("/") || !existsSync(join(dist, link)))
        .map((link) => `${page}: ${link}`);
    });
    expect(dead).toEqual([]);
    expect(written.length).toBeGreaterThan(100);
  });

  it("has links both ways between guides and reference", () => {
    const read = (page: string): string => readFileSync(join(dist, `${page}.html`), "utf8");
    const linksOf = (page: string): string[] =>
      [...read(page).matchAll(/href="([^"]+)"/g)].map(
        ([, href]) => new URL(href!, `http://x/${page}`).pathname,
      );
    expect(linksOf("guides/jobs")).toContain("/api/@llx/async/functions/mapJobs");
    expect(linksOf("api/@llx/async/functions/mapJobs")).toContain("/guides/jobs");
    const names = globSync("api/**/functions/*.html", { cwd: dist }).map((path) => path.replace(".html", ""));
    const linked = names.filter((path) => read(path).includes("In the guides"));
    expect(linked.length).toBeGreaterThan(20);
  });

  it("has a reference with words: modules, options and usual overloads", () => {
    const read = (path: string): string => readFileSync(join(docs, "api", path), "utf8");
    expect(read("index.md")).not.toContain("| - |");
    const page = read("@llx/async/functions/mapJobs.md");
    expect(page).not.toContain("Defined in");
    expect(page).not.toContain("readonly");
    expect(page).not.toContain("| - |");
    expect(page.match(/### Example/g)).toHaveLength(1);
    expect(page.indexOf("Promise<Awaited<R>[]>")).toBeLessThan(page.indexOf("Promise<Outcome<"));
    expect(page).toMatch(/^\| `grace` \| `number` \| `5_000` \| After a failure/m);
  });

  it("has tabs of package managers, the version, benchmarks and changelog", () => {
    const read = (page: string): string => readFileSync(join(dist, `${page}.html`), "utf8");
    for (const command of ["npm install", "pnpm add", "yarn add", "bun add"]) {
      expect(read("packages/async").replaceAll(/<[^>]+>/g, "")).toContain(`${command} @llx/async`);
    }
    expect(read("index")).toContain('href="/project/changelog"');
    expect(read("project/benchmarks")).toContain("mapJobs over a generator");
    expect(read("project/changelog")).toContain("Changelog");
  });

  it("shows which source a page of the reference is made from", () => {
    const page = readFileSync(join(dist, "api/@llx/async/functions/mapJobs.html"), "utf8");
    expect(page).toContain("https://github.com/llx/llx/blob/main/packages/async/src/jobs/map-jobs.ts#L");
  });
});

const screens = [
  { name: "a phone", width: 390, height: 844 },
  { name: "a desktop", width: 1440, height: 900 },
] as const;
const looks = screens.flatMap(({ name, width, height }) =>
  (["light", "dark"] as const).map((scheme) => ({ name, viewport: { width, height }, scheme })),
);

describe.skipIf(!installed)("the site in a browser", () => {
  let browser: Browser;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    ({ server, address } = await serve((path) => {
      const file = [path, `${path}.html`, `${path}index.html`]
        .map((each) => join(dist, each))
        .find((each) => extname(each) !== "" && existsSync(each));
      return file === undefined ? undefined : { file, body: readFileSync(file) };
    }));
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** Opens a page; `problems` gathers what the browser complains of. */
  async function open(
    path: string,
    { viewport, scheme }: (typeof looks)[number],
  ): Promise<{ page: Page; problems: string[] }> {
    const context = await browser.newContext({ viewport, colorScheme: scheme });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("response", (response) => {
      if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(address + path, { waitUntil: "networkidle" });
    return { page, problems };
  }

  /** From 0 for black to 765 for white. */
  async function brightness(page: Page): Promise<number> {
    const colour = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const parts = colour.match(/\d+/g) ?? [];
    return parts.slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
  }

  const pages = [
    "/",
    "/guides/",
    "/guides/jobs",
    "/guides/from-llamaindex-python",
    "/packages/callbacks",
    "/project/benchmarks",
    "/api/",
    "/api/@llx/async/functions/mapJobs",
  ];

  for (const look of looks) {
    it.each(pages)(`%s is whole on ${look.name}, ${look.scheme}`, async (path) => {
      const { page, problems } = await open(path, look);
      expect(problems).toEqual([]);
      // Nothing sticks out: what is wide scrolls by itself.
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      expect((await brightness(page)) > 382).toBe(look.scheme === "light");
      expect(await page.title()).toContain("llx");
      await page.context().close();
    });
  }

  /** What readers look for, and the address of the first hit. */
  const searches = [
    ["retry", "/guides/limits-and-retries#retries"],
    ["rate limit", "/guides/limits-and-retries#rate-limits"],
    ["concurrency", "/guides/limits-and-retries#concurrency"],
    ["progress", "/guides/jobs#progress"],
    ["timeout", "/guides/jobs#time-limits"],
    ["cache", "/guides/embeddings#a-cache"],
    ["stream", "/guides/"],
    ["trace", "/guides/"],
    ["error", "/guides/tracing#errors"],
    ["graceful shutdown", "/guides/services"],
    ["AdaptiveLimiter", "/api/@llx/async/classes/AdaptiveLimiter"],
  ] as const;

  it("finds first what readers look for, and says what it is", async () => {
    const { page, problems } = await open("/", looks[2]!);
    const input = page.locator("#localsearch-input");
    // A key that comes before the page's scripts listen is lost: it is pressed until the search opens.
    await vi.waitFor(
      async () => {
        await page.keyboard.press("Control+k");
        await input.waitFor({ timeout: 2000 });
      },
      { timeout: 20_000 },
    );
    const first = page.locator("#localsearch-list a").first();
    for (const [words, target] of searches) {
      await input.fill(words);
      const kind = target.startsWith("/api/") ? "API: " : "Guide: ";
      await vi.waitFor(
        async () => {
          expect(await first.getAttribute("href")).toContain(target);
          expect(await first.textContent()).toContain(kind);
        },
        { timeout: 5000 },
      );
    }
    await first.click();
    await page.waitForURL(/AdaptiveLimiter/);
    // The address changes before the page does: its heading is waited for.
    await page.locator("h1", { hasText: "AdaptiveLimiter" }).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  it("leads from a block of code to its whole program", async () => {
    const { page } = await open("/guides/jobs", looks[2]!);
    const links = await page.evaluate<string[]>(
      "[...document.querySelectorAll('main .source a')].map((link) => link.href)",
    );
    const files = links.map((link) => link.replace("https://github.com/llx/llx/blob/main/", ""));
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    await page.context().close();
  });

  it("shows the picture of a trace where the READMEs show it", async () => {
    const { page } = await open("/guides/tracing", looks[2]!);
    const widths = await page.evaluate<number[]>(
      "[...document.querySelectorAll('main img')].map((image) => image.naturalWidth)",
    );
    expect(widths.length).toBeGreaterThan(0);
    expect(widths).not.toContain(0);
    await page.context().close();
  });
});
