import { setTimeout } from "node:timers/promises";
import { blockingContext } from "@llx/async/blocking";

/** Simulates a request, on the other thread. */
export async function loadSetting(name: string): Promise<string> {
  await setTimeout(5);
  return `${name} of ${blockingContext<{ tenant: string }>()?.tenant}: green`;
}
