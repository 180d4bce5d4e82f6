import { runBlocking } from "@llx/async/blocking";
import type { loadSetting } from "./settings.ts";

/** Its callers cannot await a promise. */
function readSetting(name: string): string {
  const module = new URL("./settings.ts", import.meta.url);
  const options = { context: { tenant: "acme" }, timeout: 30_000 };
  return runBlocking<typeof loadSetting>(module, "loadSetting", [name], options);
}

console.log(readSetting("colour"));
