import { setTimeout as wait } from "node:timers/promises";

export const pages = ["a", "b", "c", "d", "e", "f"];

/** Simulates a request: takes a while, and ends at once when it is aborted. */
export async function load(page: string, signal?: AbortSignal): Promise<string> {
  await wait(10, undefined, { signal });
  return page.toUpperCase();
}
