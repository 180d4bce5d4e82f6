import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "./free-port.ts";

/** A Redis of a test's own. It stores nothing on disk, so it has lost its memory when it is started again. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Ends it, and resolves when it is gone. Stored data are lost. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const program: string | undefined = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "redis-server"))
  .find((path) => existsSync(path));

/** Whether Redis is installed. If not, warns what is not tested. */
export function hasRedis(what: string): boolean {
  if (program === undefined) {
    console.warn(`SKIPPED: ${what}, as Redis is not installed (Debian: apt-get install redis-server)`);
  }
  return program !== undefined;
}

/** Starts one in a temporary directory, on a free port of 127.0.0.1. */
export async function startRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const folder = mkdtempSync(join(tmpdir(), "llx-redis-"));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const redis: TestRedis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    async stop(signal = "SIGKILL") {
      if (server === undefined) return;
      const ended = once(server, "exit");
      server.kill(signal);
      server = undefined;
      await ended;
    },
    async start() {
      const words = [
        "--port",
        String(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        folder,
        "--save",
        "",
        "--appendonly",
        "no",
      ];
      server = spawn(program!, [...words, ...settings], { stdio: "ignore" });
      // oxlint-disable-next-line no-await-in-loop -- until it is there
      while (!(await answers(port))) {
        if (server.exitCode !== null) throw new Error(`redis-server has ended with ${server.exitCode}`);
      }
    },
    async close() {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}

/** Whether a server answers a PING, even if it wants a password. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (does: boolean): void => {
      socket.destroy();
      resolve(does);
    };
    socket.once("data", (data) => end(!data.toString().startsWith("-LOADING")));
    socket.once("error", () => setTimeout(end, 5, false));
  });
}
