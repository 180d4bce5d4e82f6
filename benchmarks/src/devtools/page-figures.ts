import type { Page } from "playwright-core";

/** What this file needs of a browser's globals. */
interface Window {
  readonly performance: {
    getEntriesByName(name: string): { startTime: number }[];
    now(): number;
    readonly memory: { readonly usedJSHeapSize: number };
  };
}

/** Milliseconds from the start of a page to its first contentful paint, and to now. */
export function timesOf(page: Page): Promise<readonly [paint: number, now: number]> {
  return page.evaluate(() => {
    const { performance } = globalThis as unknown as Window;
    return [performance.getEntriesByName("first-contentful-paint")[0]!.startTime, performance.now()] as const;
  });
}

/** What a page holds after a collection of its garbage, in MB. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  return page.evaluate(() => (globalThis as unknown as Window).performance.memory.usedJSHeapSize / 1e6);
}
