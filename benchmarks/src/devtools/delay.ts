// How long it takes from what happens in a program until the page shows it by its name, in headless Chromium (or the browser
// that CHROMIUM names): the clock of both is that of this machine.
import { AdaptiveLimiter, runJobs, Semaphore } from "@llx/async";
import { CallbackManager } from "@llx/callbacks";
import { DevtoolsHandler } from "@llx/devtools";
import { chromium, type Page } from "playwright-core";

const rounds = 20;
const stallAfter = 200;

const devtools = new DevtoolsHandler({ stallAfter, sink: { write() {} } });
const callbackManager = new CallbackManager({ handlers: [devtools] });
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
await page.goto((await devtools.address)!);
await page.getByText("live").waitFor();

/** What this file needs of a browser's globals. */
interface Window {
  readonly document: { readonly body: { readonly textContent: string } };
  readonly MutationObserver: new (onChange: () => void) => {
    observe(node: unknown, options: object): void;
    disconnect(): void;
  };
}

/** The time at which the page shows a text. */
function shownAt(on: Page, text: string): Promise<number> {
  return on.evaluate((wanted) => {
    const { document, MutationObserver } = globalThis as unknown as Window;
    return new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!document.body.textContent.includes(wanted)) return;
        observer.disconnect();
        resolve(Date.now());
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  }, text);
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param happen returns when it has happened, by `Date.now()` */
async function measure(
  name: string,
  view: string,
  happen: (round: string) => Promise<{ at: number; end?: () => Promise<unknown> }>,
): Promise<void> {
  await page.getByRole("tab", { name: view }).click();
  const delays: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const letters = `${name.slice(0, 3)}-${String.fromCodePoint(97 + round)}`;
    // oxlint-disable no-await-in-loop -- one after another, at any point of the intervals of program and page
    await wait(300 + Math.random() * 300);
    const shown = shownAt(page, letters);
    await wait(50);
    const { at, end } = await happen(letters);
    delays.push((await shown) - at);
    await end?.();
    // oxlint-enable no-await-in-loop
  }
  delays.sort((one, other) => one - other);
  console.log(`| ${name} | ${delays[rounds / 2]} | ${delays.at(-1)} |`);
}

console.log(`\n**From the program to the page** (Chromium ${browser.version()}, ${rounds} of each)\n`);
console.log("| | median, ms | longest, ms |\n| --- | ---: | ---: |");
await measure("a failed event", "Trouble", async (text) => {
  const at = Date.now();
  await callbackManager.event("query", () => Promise.reject(new Error(text))).catch(() => {});
  return { at };
});
await measure("a deadlock", "Trouble", async (label) => {
  const semaphore = new Semaphore(1, { label, detectDeadlocks: true });
  let at = 0;
  await semaphore.use(() => semaphore.use(() => {}).catch(() => (at = Date.now())));
  return { at };
});
await measure("a stall, from when it is due", "Trouble", async (desc) => {
  const gate = Promise.withResolvers<void>();
  const run = runJobs([() => gate.promise], { desc });
  // It is reported after four of its quarters at the earliest, and five at the latest: here the earliest counts.
  return { at: Date.now() + stallAfter, end: () => (gate.resolve(), run) };
});
await measure("a pause of a service", "Now", async (desc) => {
  const leave = new AbortController();
  const refusal = Object.assign(new Error("slow down"), { status: 429, retryAfter: 60_000 });
  const workers = new AdaptiveLimiter({ label: desc });
  const at = Date.now();
  const run = runJobs([() => Promise.reject(refusal)], {
    workers,
    retry: {},
    desc,
    signal: leave.signal,
    callbackManager,
  });
  const ended = run.catch(() => {});
  return { at, end: () => (leave.abort(), ended) };
});
await browser.close();
await callbackManager.aclose();
