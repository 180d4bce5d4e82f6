import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Runs a command at the root of the workspace and tells on one line what it did; all it printed only if it fails. */
export async function quietly(what, command, args) {
  const start = performance.now();
  process.stderr.write(`${what} …`);
  const child = spawn(command, args, {
    cwd: root,
    env: {
      TURBO_TELEMETRY_DISABLED: "1",
      ...process.env,
      PATH: join(root, "node_modules", ".bin") + delimiter + process.env.PATH,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = [];
  child.stdout.on("data", (data) => printed.push(data));
  child.stderr.on("data", (data) => printed.push(data));
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve(status ?? signal));
  });
  if (code === 0) {
    process.stderr.write(` ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
    return;
  }
  process.stderr.write(` failed (${code}):\n${Buffer.concat(printed)}\n`);
  process.exit(typeof code === "number" ? code : 1);
}
