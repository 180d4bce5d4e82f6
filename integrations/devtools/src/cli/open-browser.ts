import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Opens the page in the person's browser, if there is one to be seen. By way of a file that only they can read: others on the
 * machine see the arguments of programs, and the address has the token.
 */
export function openBrowser(address: string, folder: string): void {
  const { platform, env } = process;
  const hasScreen =
    platform === "darwin" || platform === "win32" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  if (!hasScreen || !process.stderr.isTTY) return;
  const file = join(folder, "open.html");
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">`, {
    mode: 0o600,
  });
  const [command, before]: readonly [string, readonly string[]] =
    platform === "darwin"
      ? ["open", []]
      : platform === "win32"
        ? ["cmd", ["/c", "start", ""]]
        : ["xdg-open", []];
  const opener = spawn(command, [...before, file], { stdio: "ignore", detached: true });
  // The address is printed anyway.
  opener.on("error", () => {});
  opener.unref();
}
