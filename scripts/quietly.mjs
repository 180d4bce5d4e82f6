import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Runs a command at the root of the workspace and reports on one line; shows its output only if it fails. */
export async function quietly(what, command, args) {
  const start = performance.now();
  const seconds = (digits) => `${((performance.now() - start) / 1000).toFixed(digits)} s`;
  process.stderr.write(`${what} …`);
  // A terminal shows that time passes; a log gets one line.
  const clock = process.stderr.isTTY
    ? setInterval(() => process.stderr.write(`\r${what} … ${seconds(0)}`), 1000)
    : undefined;
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
  clearInterval(clock);
  if (clock !== undefined) process.stderr.write(`\r${what} …`);
  if (code === 0) {
    process.stderr.write(` ${seconds(1)}\n`);
    return;
  }
  process.stderr.write(` failed (${code}):\n${Buffer.concat(printed).toString()}\n`);
  process.exit(typeof code === "number" ? code : 1);
}
