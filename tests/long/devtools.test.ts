import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DevtoolsHandler } from "../../integrations/devtools/dist/index.js";
import { RateLimiter, runJobs, Semaphore } from "../../packages/async/dist/index.js";
import { CallbackManager } from "../../packages/callbacks/dist/index.js";
import { canMount, SmallDisk } from "../small-disk.ts";
import { hasBrowser, launchBrowser, serve } from "./browser.ts";

const installed = hasBrowser("the page of devtools is not opened");

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const views = ["Now", "Timeline", "Tree", "Limits", "Cost", "Trouble"] as const;

/** With `PICTURES=1` the pictures of the documentation are taken anew, with `PICTURES=folder` all of them, into the folder. */
const { PICTURES: pictures } = process.env;
const documented = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const inDocuments: ReadonlySet<string> = new Set([
  "now-desktop-light",
  "timeline-desktop-dark",
  "tree-desktop-light",
  "limits-desktop-light",
  "cost-desktop-dark",
  "trouble-desktop-light",
  "tree-phone-dark",
]);

/** In light and dark, on a phone and on a desktop. */
async function takePictures(page: Page, view: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [name, width, height] of [
      ["phone", 390, 844],
      ["desktop", 1600, 900],
    ] as const) {
      const picture = `${view}-${name}-${colorScheme}`;
      if (pictures === undefined || (pictures === "1" && !inDocuments.has(picture))) continue;
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      // The canvas is drawn anew in the frame after the one that has measured it.
      await page.evaluate(
        "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(drawn))))",
      );
      await page.screenshot({
        path: join(pictures === "1" ? documented : pictures, `devtools-${picture}.png`),
      });
    }
  }
}

let browser: Browser;
let context: BrowserContext;
let folder: string;
let problems: string[];

beforeAll(async () => {
  if (installed) browser = await launchBrowser();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "llx-page-"));
  if (installed) context = await browser.newContext({ viewport: { width: 1600, height: 900 } });
  problems = [];
});

afterEach(async () => {
  await context?.close();
  rmSync(folder, { recursive: true });
});

/** Opens an address; what the browser complains of counts as a failure. */
async function open(address: string, within = context): Promise<Page> {
  const page = await within.newPage();
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  await page.goto(address);
  return page;
}

const show = (page: Page, view: (typeof views)[number]): Promise<void> =>
  page.getByRole("tab", { name: new RegExp(`^${view}`) }).click();

/** A handler with its page, in this process. */
async function watch(options = {}): Promise<{ manager: CallbackManager; address: string }> {
  const handler = new DevtoolsHandler({ sink: { write: () => {} }, ...options });
  const manager = new CallbackManager({ handlers: [handler] });
  return { manager, address: (await handler.address)! };
}

/** A record of a run that had everything: jobs, failures, a pause, a deadlock, a stall, and usage. */
function recordOfEverything(): string {
  const path = join(folder, "everything.ndjson");
  const start = 1_790_000_000_000;
  const trace = "0".repeat(31).concat("1");
  let number = 0;
  const next = (): string => (++number).toString(16).padStart(16, "0");
  const lines: object[] = [
    { kind: "record", version: 1, time: start },
    { kind: "prices", prices: { "small-embed": { input: 0.02 }, "large-embed": { input: 0.13 } } },
    { kind: "process", source: "1", program: "nightly.js", node: "v26.10.0", time: start },
  ];
  const root = next();
  lines.push({
    kind: "start",
    id: root,
    type: "ingestion",
    trace,
    traceName: "nightly",
    time: start,
    payload: { count: 240 },
  });
  lines.push({
    kind: "event",
    id: next(),
    type: "chunking",
    trace,
    parent: root,
    time: start + 5,
    end: start + 420,
    status: "ok",
    payload: { count: 60 },
    endPayload: { count: 240 },
  });
  const free = Array.from({ length: 8 }, () => start + 430);
  for (let index = 0; index < 240; index++) {
    const slot = free.indexOf(Math.min(...free));
    // A pause after the first third.
    const begin = index === 80 ? Math.max(...free) : free[slot]!;
    if (index === 80) {
      lines.push({
        kind: "event",
        id: next(),
        type: "service_pause",
        trace,
        parent: root,
        time: begin,
        end: begin + 1_500,
        status: "ok",
        payload: { reason: "429: the service asks to wait", wait: 1_500 },
      });
      free.fill(begin + 1_500);
    }
    const from = index >= 80 ? Math.max(begin, free[slot]!) : begin;
    const length = 60 + ((index * 53) % 170);
    const job = next();
    const request = next();
    const failed = index % 41 === 17;
    const model = index % 3 === 0 ? "large-embed" : "small-embed";
    lines.push(
      {
        kind: "event",
        id: job,
        type: "async_job",
        trace,
        parent: root,
        time: from,
        end: from + length + 40,
        status: failed ? "error" : "ok",
        payload: { index },
        tags: { tenant: index % 2 ? "acme" : "globex" },
        ...(failed && { errorFrom: request }),
      },
      {
        kind: "event",
        id: request,
        type: "embedding",
        trace,
        parent: job,
        time: from + 1,
        end: from + length,
        status: failed ? "error" : "ok",
        payload: { provider: "Example", model, count: 8, characters: 5_000 + index * 7 },
        ...(failed
          ? { error: { name: "HttpError", message: `503: the service is overloaded (request ${index})` } }
          : { endPayload: { count: 8, dimensions: 768, usage: { inputTokens: 900 + index } } }),
      },
    );
    if (!failed)
      lines.push({
        kind: "event",
        id: next(),
        type: "function_call",
        trace,
        parent: job,
        time: from + length,
        end: from + length + 39,
        status: "ok",
        payload: { name: "store" },
      });
    free[slot] = from + length + 42;
  }
  const end = Math.max(...free);
  for (let time = start + 500; time < end; time += 200) {
    const inUse = time > start + 430 ? 1 + ((time * 7) % 3) : 0;
    lines.push({
      kind: "state",
      source: "1",
      time,
      calls: [],
      semaphores: [
        {
          label: "database",
          permits: 3,
          available: 3 - inUse,
          waiting: inUse === 3 ? ((time / 200) % 5) | 0 : 0,
          holders: [],
          waiters: [],
        },
      ],
    });
  }
  const transfer = next();
  lines.push(
    {
      kind: "event",
      id: transfer,
      type: "agent_step",
      trace,
      parent: root,
      time: end,
      end: end + 90,
      status: "error",
      payload: { name: "transfer" },
      error: {
        name: "DeadlockError",
        message:
          "deadlock: every holder of a permit waits for another one, so the last waiter is rejected.\n  transfer.js:8:3 holds 1 of accounts\n  audit.js:5:3 holds 1 of books\n  transfer.js:9:5 waits for 1 of books\n  audit.js:6:5 waits for 1 of accounts",
      },
    },
    {
      kind: "stall",
      source: "1",
      time: end + 1_000,
      report:
        "nothing has moved for 1.0 s:\n  loading (4 workers, in trace nightly): 1 running, 0 waiting, 239 done\n    job 239 running for 1.2 s",
    },
    {
      kind: "warning",
      source: "1",
      time: end + 1_100,
      code: "LLX_JOBS_ABANDONED",
      message: "1 job(s) ignored the abort for 1000 ms and were abandoned: index 239.",
    },
    { kind: "end", id: root, time: end + 1_200, status: "ok", endPayload: { count: 234 } },
    { kind: "exit", time: end + 1_250, code: 0 },
  );
  writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  return path;
}

/** Runs the command; resolves with the address of its page. */
async function command(...words: string[]): Promise<{ child: ChildProcess; address: string }> {
  const child = spawn(
    process.execPath,
    [resolve("integrations/devtools/dist/cli.js"), "--no-open", ...words],
    {
      stdio: ["pipe", "inherit", "pipe"],
    },
  );
  let printed = "";
  child.stderr.on("data", (data) => (printed += String(data)));
  while (!/http:\S+\/\n/.test(printed)) await once(child.stderr, "data");
  return { child, address: /(http:\S+)\n/.exec(printed)![1]! };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGINT");
  await ended;
}

describe.skipIf(!installed)("the page of devtools", () => {
  it("shows a live run: its jobs, failures, a pause, a deadlock and a stall, each by its name", async () => {
    const { manager, address } = await watch({ stallAfter: 1_000 });
    const page = await open(address);
    await page.getByText("Nothing runs now").waitFor();

    const gate = Promise.withResolvers<void>();
    const jobs = Array.from({ length: 6 }, (_, index) => async () => {
      if (index === 0) throw new RangeError("page 0 is <b>empty</b>");
      await gate.promise;
    });
    const callbackManager = manager as never;
    const run = runJobs(jobs, { workers: 3, desc: "loading pages", settle: true, callbackManager });
    const pages = new Semaphore(2, { label: "connections" });
    const texts = Array.from(
      { length: 40 },
      (_, index) => () => (index < 25 ? index : pages.use(() => gate.promise)),
    );
    const other = runJobs<unknown>(texts, { workers: 5, desc: "embedding texts", callbackManager });
    await page.getByRole("heading", { name: "loading pages" }).waitFor();
    await page.getByRole("progressbar", { name: "loading pages: jobs done" }).waitFor();
    await page.getByText("1 of 6 (16.7 %)").waitFor();
    await page.getByText("25 of 40 (62.5 %)").waitFor();

    await show(page, "Trouble");
    await page.getByRole("heading", { name: "RangeError" }).waitFor();
    // As text, whatever is in it.
    await page.getByText("page 0 is <b>empty</b>").waitFor();

    const limiter = new RateLimiter({ requests: { limit: 10, interval: 1_000 } });
    const refusal = Object.assign(new Error("slow down"), { status: 429, retryAfter: 60_000 });
    const leave = new AbortController();
    const refused = runJobs([() => Promise.reject(refusal)], {
      rate: limiter,
      retry: {},
      desc: "asking a service",
      signal: leave.signal,
      callbackManager,
    });
    await show(page, "Limits");
    await page.getByRole("heading", { name: "Pauses that services asked for" }).waitFor();
    await show(page, "Now");
    await page.getByText("Paused:").first().waitFor();
    leave.abort();
    await expect(refused).rejects.toThrow("aborted");

    const [accounts, books] = ["accounts", "books"].map(
      (label) => new Semaphore(1, { label, detectDeadlocks: true }),
    );
    const both = Promise.withResolvers<void>();
    const take = (first: Semaphore, second: Semaphore, wait: () => Promise<void>): Promise<number> =>
      first.use(async () => (await wait(), second.use(() => 1)));
    const takes = [
      take(accounts!, books!, () => both.promise),
      take(books!, accounts!, async () => both.resolve()),
    ];
    const results = await Promise.allSettled(takes);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await show(page, "Trouble");
    await page.getByRole("heading", { name: "Deadlock" }).waitFor();
    await page.getByText(/^outside of any event; /).waitFor();
    await page.getByText(/waits for 1 of (books|accounts)/).waitFor();
    await show(page, "Timeline");
    await page.getByText("▲ deadlock").waitFor();
    await page.getByText("▲ stall").waitFor();
    await show(page, "Trouble");

    await page.getByRole("heading", { name: "Stall" }).waitFor();
    await page.getByText(/nothing has moved for 1.0 s/).waitFor();
    gate.resolve();
    await Promise.all([run, other]);
    await show(page, "Now");
    await page.getByText("Nothing runs now").waitFor();
    expect(problems).toEqual([]);
    await manager.aclose();
  });

  it("shows a whole program that knows nothing of it, from its first call to its end", async () => {
    let requests = 0;
    let refusesUntil = 0;
    const service = createServer((request, response) => {
      request.resume().on("end", () => {
        const number = ++requests;
        if (number === 90) refusesUntil = Date.now() + 1_500;
        const isRefused = Date.now() < refusesUntil;
        const isBad = number % 37 === 20;
        const [status, body] = isRefused
          ? [429, { error: "the rate limit is reached" }]
          : isBad
            ? [400, { error: `text 3 of request ${number} is too long (9124 tokens, at most 8191)` }]
            : [200, { tokens: 900 + ((number * 31) % 400) }];
        const answer = (): void => {
          response.writeHead(status, isRefused ? { "retry-after": "2" } : {}).end(JSON.stringify(body));
        };
        if (isRefused) answer();
        else setTimeout(answer, 60 + ((number * 53) % 170));
      });
    });
    await new Promise<void>((listening) => service.listen(0, "127.0.0.1", listening));
    await using closing = new AsyncDisposableStack();
    closing.defer(() => void service.close());
    // Its messages name its folder.
    const program = join(folder, "nightly-import.mjs");
    const text = readFileSync("tests/long/fixtures/nightly-import.mjs", "utf8");
    writeFileSync(program, text.replaceAll("../../../packages", resolve("packages")));
    const prices = join(folder, "prices.json");
    writeFileSync(
      prices,
      '{"text-embedding-3-small": {"input": 0.02}, "text-embedding-3-large": {"input": 0.13}}',
    );
    const { child, address } = await command(
      "--prices",
      prices,
      "--stall-after",
      "1000",
      process.execPath,
      program,
      `http://127.0.0.1:${(service.address() as AddressInfo).port}/`,
    );
    closing.defer(() => stop(child));
    const page = await open(address);
    await page.getByRole("heading", { name: "nightly-import.mjs" }).waitFor();
    await page.getByRole("heading", { name: "embedding pages" }).waitFor();
    await page.getByText(/^[2-9]\d of 240/).waitFor();
    await takePictures(page, "now");
    await show(page, "Limits");
    await page.getByRole("heading", { name: "Pauses that services asked for" }).waitFor();
    await page.getByText("ended: exit code 0").waitFor();
    const serviceCard = page.locator("article", { hasText: "embedding service" });
    expect(Number(await serviceCard.locator("dt:text-is('refused') + dd").textContent())).toBeGreaterThan(0);
    await show(page, "Trouble");
    for (const name of ["Deadlock", "Stall", "HttpError", "Jobs left behind"]) {
      await page.getByRole("heading", { name }).first().waitFor();
    }
    for (const view of views) {
      await show(page, view);
      if (view === "Tree") {
        await page.getByRole("tree").focus();
        for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "Enter"]) await page.keyboard.press(key);
      }
      // That of an ended program says only so.
      if (view !== "Now") await takePictures(page, view.toLowerCase());
      await page.keyboard.press("Escape");
    }
    expect(problems.filter((problem) => !problem.includes("net::ERR"))).toEqual([]);
  });

  it("shows two pages the same, and a page that comes back everything", async () => {
    const { manager, address } = await watch();
    const [one, other] = [await open(address), await open(`${address}#tree`)];
    await manager.asTrace("nightly", () => manager.event("query", () => {}));
    for (const page of [one, other]) await page.getByText("1 event", { exact: true }).waitFor();
    await one.close();
    await manager.event("retrieve", { topK: 3 }, () => {});
    await other.getByText("2 events").waitFor();
    await other.reload();
    await other.getByRole("treeitem", { name: /nightly/ }).waitFor();
    const back = await open(`${address}#tree`);
    await back.getByText("2 events").waitFor();
    expect(problems).toEqual([]);
    await manager.aclose();
  });

  it("says when the program has ended, and stays readable", async () => {
    const program = join(folder, "program.mjs");
    writeFileSync(
      program,
      `import { CallbackManager } from ${JSON.stringify(resolve("packages/callbacks/dist/index.js"))};
       const manager = new CallbackManager();
       const open = manager.startEvent("ingestion");
       process.stdin.once("data", () => { open.onEnd(); process.exit(4); });`,
    );
    const { child, address } = await command(process.execPath, program);
    const page = await open(address);
    await page.getByText("live").waitFor();
    await page.getByText("1 running").waitFor();
    child.stdin!.write("end\n");
    await page.getByText("ended: exit code 4").waitFor();
    await page.getByText("0 left open").waitFor();
    await page.getByText("Nothing runs any more").waitFor();
    await show(page, "Tree");
    await page.getByRole("treeitem", { name: /ingestion/ }).waitFor();
    await stop(child);
    expect(problems.filter((problem) => !problem.includes("net::ERR"))).toEqual([]);
  });

  it("gives a page of another origin nothing, even if it knows the address", async () => {
    const { manager, address } = await watch();
    await manager.event("query", () => {});
    const foreign = await serve(() => ({
      file: "index.html",
      body: "<!doctype html><title>elsewhere</title>",
    }));
    const page = await context.newPage();
    await page.goto(foreign.address);
    const got = await page.evaluate(async (target) => {
      const tries = [
        () => fetch(`${target}events`).then((response) => response.text()),
        () => fetch(`${target}page.js`, { mode: "no-cors" }).then((response) => response.type),
        ...(["script", "iframe"] as const).map((tag) => () => {
          // The types of this repository are those of Node.js, not of a browser.
          const { document } = globalThis as unknown as { document: any }; // oxlint-disable-line typescript/no-explicit-any
          const element = document.createElement(tag);
          element.src = tag === "script" ? `${target}page.js` : target;
          return new Promise((done, fail) => {
            element.addEventListener("load", () =>
              tag === "script" ? done("loaded") : done(String(element.contentDocument)),
            );
            element.addEventListener("error", () => fail(new Error("refused")));
            document.body.append(element);
          });
        }),
      ];
      const results = [];
      for (const each of tries) results.push(await each().catch(() => "nothing"));
      return results;
    }, address);
    // The frame is another document, which this page may not look into.
    expect(got).toEqual(["nothing", "nothing", "nothing", "null"]);
    foreign.server.close();
    await manager.aclose();
  });

  it("works with the keyboard alone", async () => {
    const { child, address } = await command("open", recordOfEverything());
    const page = await open(address);
    await page.getByText("ended: exit code 0").waitFor();
    await page.keyboard.press("3");
    const tree = page.getByRole("tree");
    await tree.waitFor();
    await tree.focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const details = page.getByRole("complementary", { name: "Details of the event" });
    await details.getByRole("heading", { name: /^async_job \d+$/ }).waitFor();
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });
    await page.getByRole("tab", { name: "Tree" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("tab", { name: "Limits", selected: true }).waitFor();
    await page.getByRole("heading", { name: "database" }).waitFor();
    await page.keyboard.press("3");
    await page.getByRole("searchbox").fill("overloaded");
    await page.getByText("6 found, slowest first").waitFor();
    await page.getByRole("searchbox").fill("no such thing");
    await page.getByText("Nothing matches").waitFor();
    await stop(child);
    expect(problems.filter((problem) => !problem.includes("net::ERR"))).toEqual([]);
  });

  it("shows an event of the timeline that is clicked, with its error and what it is inside of", async () => {
    const { child, address } = await command("open", recordOfEverything());
    const page = await open(`${address}#trouble`);
    await page.getByRole("button", { name: "Show the first" }).last().click();
    const details = page.getByRole("complementary");
    await details.getByText("HttpError").waitFor();
    await details.getByText("503: the service is overloaded (request 17)").waitFor();
    await details.getByRole("button", { name: "async_job 17" }).click();
    await details.getByText("Thrown in").waitFor();
    await page.keyboard.press("Escape");
    await show(page, "Timeline");
    // The top row is the whole run.
    await page.locator("canvas").click({ position: { x: 400, y: 34 } });
    await details.getByRole("heading", { name: "ingestion" }).waitFor();
    await stop(child);
    expect(problems.filter((problem) => !problem.includes("net::ERR"))).toEqual([]);
  });

  it.each([
    ["desktop", "light", 1600, 900],
    ["desktop", "dark", 1600, 900],
    ["phone", "light", 390, 844],
    ["phone", "dark", 390, 844],
  ] as const)(
    "has nothing serious for axe on a %s in %s, and no sideways scrolling",
    async (_name, colorScheme, width, height) => {
      const { child, address } = await command("open", recordOfEverything());
      await using closing = new AsyncDisposableStack();
      const own = await browser.newContext({ viewport: { width, height }, colorScheme });
      closing.defer(() => own.close());
      closing.defer(() => stop(child));
      const page = await open(address, own);
      await page.getByText("ended: exit code 0").waitFor();
      for (const view of views) {
        await show(page, view);
        if (view === "Tree") {
          await page.getByRole("tree").focus();
          for (const key of ["ArrowDown", "ArrowRight", "ArrowDown", "Enter"]) await page.keyboard.press(key);
        }
        // What a protocol of the browser evaluates is not bound by the policy of the page.
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { axe: checker } = globalThis as unknown as {
            axe: {
              run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
            };
          };
          const { violations } = await checker.run();
          return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]!.html}`);
        });
        expect(
          found.filter((each) => /^(serious|critical)/.test(each)),
          view,
        ).toEqual([]);
        const wide = await page.evaluate(() => {
          const { document } = globalThis as unknown as {
            document: { documentElement: { scrollWidth: number } };
          };
          return document.documentElement.scrollWidth;
        });
        expect(wide, view).toBeLessThanOrEqual(width);
        await page.keyboard.press("Escape");
      }
    },
  );
});

describe.skipIf(!canMount())("devtools on a full disk", () => {
  it("says so once, and the program goes on to its end", async () => {
    using disk = new SmallDisk(1);
    const program = join(folder, "program.mjs");
    writeFileSync(
      program,
      `import { CallbackManager } from ${JSON.stringify(resolve("packages/callbacks/dist/index.js"))};
       const manager = new CallbackManager();
       for (let turn = 0; turn < 20; turn++) {
         for (let n = 0; n < 500; n++) await manager.event("retrieve", { topK: n }, () => {});
         await new Promise((resolve) => setTimeout(resolve, 50));
       }
       console.log("done");
       process.exitCode = 3;`,
    );
    const words = ["--record", join(disk.path, "run.ndjson"), process.execPath, program];
    const child = spawn(process.execPath, [resolve("integrations/devtools/dist/cli.js"), ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (data) => (stdout += String(data)));
    child.stderr.on("data", (data) => (stderr += String(data)));
    const [code] = (await once(child, "close")) as [number];
    expect([code, stdout]).toEqual([3, "done\n"]);
    expect(stderr).toBe(
      "devtools: the record ends here, as it cannot be written any more (ENOSPC); the program continues\n",
    );
    // What was written before can be read.
    expect(readFileSync(join(disk.path, "run.ndjson"), "utf8")).toContain('"kind":"event"');
  });
});
