import { setTimeout } from "node:timers/promises";

/** Simulates a request: takes a few milliseconds, and ends at once when its signal is aborted. */
export async function loadPage(page: number, signal: AbortSignal): Promise<string> {
  await setTimeout(page % 2 === 0 ? 4 : 8, undefined, { signal });
  return `page ${page}`;
}
