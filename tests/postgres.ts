import { execFile, execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";

/** A PostgreSQL of a test's own, with an empty database. */
export interface TestPostgres {
  /** For the owner of the database, with any password. */
  readonly url: string;
  /** Ends all connections and starts it again; `"immediate"` as after a crash. */
  restart(mode?: "fast" | "immediate"): Promise<void>;
  close(): Promise<void>;
}

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

/** Where `initdb` and `pg_ctl` are: Debian keeps them apart. `undefined` where PostgreSQL is not installed. */
const programs: string | undefined = [
  ...(process.env["PATH"] ?? "").split(delimiter),
  ...globSync("/usr/lib/postgresql/*/bin"),
].find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "pg_ctl")));

/** Whether PostgreSQL is installed. If not, warns what is not tested. */
export function hasPostgres(what: string): boolean {
  if (programs === undefined) {
    console.warn(`SKIPPED: ${what}, as PostgreSQL is not installed (Debian: apt-get install postgresql)`);
  }
  return programs !== undefined;
}

/** Starts one in a temporary directory, on a free port of 127.0.0.1. Root runs it as the user `postgres`. */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "llx-postgres-"));
  chmodSync(folder, 0o700);
  if (isRoot) chownSync(folder, userId("-u"), userId("-g"));
  const data = join(folder, "data");
  const port = await freePort();
  // Durability is not needed.
  const options = `-h 127.0.0.1 -p ${port} -k ${folder} -F`;
  const control = async (...words: string[]): Promise<void> => {
    await asOwner("pg_ctl", ["-D", data, "-w", "-l", join(folder, "log"), "-o", options, ...words], folder);
  };
  await asOwner("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"], folder);
  await control("start");
  return {
    url: `postgres://postgres:any@127.0.0.1:${port}/postgres`,
    restart: (mode = "fast") => control("-m", mode, "restart"),
    async close() {
      await control("-m", "immediate", "stop");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
async function asOwner(program: string, words: readonly string[], cwd: string): Promise<void> {
  const path = join(programs!, program);
  if (isRoot) await run("runuser", ["-u", "postgres", "--", path, ...words], { cwd });
  else await run(path, words, { cwd });
}

function userId(option: "-u" | "-g"): number {
  return Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
}
