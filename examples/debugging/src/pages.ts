import { setTimeout as wait } from "node:timers/promises";

const forever = 2 ** 31 - 1;

/** A service that never responds for the fifth page: no error, no end. */
export async function fetchPage(page: number, signal: AbortSignal): Promise<string> {
  await wait(page === 5 ? forever : 1, undefined, { signal });
  return `text of page ${page}`;
}
