import { setTimeout as wait } from "node:timers/promises";

/** Simulates a request. */
export async function load(page: string, signal: AbortSignal): Promise<string> {
  await wait(5, undefined, { signal });
  return page.toUpperCase();
}
