import { runBlocking } from "@llx/async/blocking";

/** Somebody calls it who cannot wait for a promise. */
function readSetting(name: string): string {
  const module = new URL("./settings.ts", import.meta.url);
  return runBlocking<typeof import("./settings.ts").loadSetting>(module, "loadSetting", [name], {
    context: { tenant: "acme" },
    timeout: 30_000,
  });
}

console.log(readSetting("colour"));
