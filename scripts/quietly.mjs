import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** A command that takes less, in milliseconds, is not worth a line. */
const short = 1000;

/**
 * Runs a command at the root of the workspace and reports on one line, unless it is short; shows its output only if it
 * fails.
 */
export async function quietly(what, command, args) {
  const start = performance.now();
  const seconds = (digits) => `${((performance.now() - start) / 1000).toFixed(digits)} s`;
  let isShown = false;
  const show = () => {
    // A terminal shows that time passes; a log gets one line.
    if (isShown && process.stderr.isTTY) process.stderr.write(`\r${what} … ${seconds(0)}`);
    if (!isShown) process.stderr.write(`${what} …`);
    isShown = true;
  };
  const clock = setInterval(show, short);
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
  if (isShown && process.stderr.isTTY) process.stderr.write(`\r${what} …`);
  if (code === 0) {
    if (isShown) process.stderr.write(` ${seconds(1)}\n`);
    return;
  }
  process.stderr.write(
    `${isShown ? "" : `${what} …`} failed (${code}):\n${Buffer.concat(printed).toString()}\n`,
  );
  process.exit(typeof code === "number" ? code : 1);
}
