import { setInterval } from "node:timers";
import { Worker } from "node:worker_threads";
import type { Query } from "./database.ts";
import { checkDiskSpace, diskFull, freeSpace } from "./disk-space.ts";
import type { OpenDirectory, PgliteReply, PgliteRequest } from "./pglite-messages.ts";

/** In bytes. The engine writes its log in files of 16 MB, and a batch takes one or two. */
export const spaceToWrite = 48_000_000;
/** With less than this, in bytes, a statement that does not end is taken for one that cannot write. */
const spaceLeft = 16_000_000;
/** How long a statement may take, in milliseconds, once the disk is full or the program has to stop. */
const timeLeft = 4_000;

/** Statements that write. Others also work on a full disk, and have to: `COMMIT`, `ROLLBACK`, `SELECT`. */
const writes = /^(?:BEGIN|CREATE|DELETE|INSERT|VACUUM)\b/;

/** PostgreSQL's code for an error of a full disk. */
const isFull = "53100";

interface Pending {
  readonly since: number;
  readonly resolve: (rows: readonly unknown[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The embedded database on a thread of its own. On a full disk its engine retries without end and never returns:
 * on the main thread, not even a signal would end the process then. Here the thread is stopped.
 */
export class PgliteThread {
  readonly #directory: string;
  readonly #signal: AbortSignal | undefined;
  readonly #worker: Worker;
  /** Statements are answered in the order in which they were sent. */
  readonly #pending: Pending[] = [];
  readonly #watch: NodeJS.Timeout;
  /** Why it has stopped. */
  #failure: Error | undefined;

  private constructor(directory: string, signal: AbortSignal | undefined) {
    this.#directory = directory;
    this.#signal = signal;
    const workerData: OpenDirectory = { directory };
    this.#worker = new Worker(new URL("pglite-worker.ts", import.meta.url), { workerData });
    this.#worker.on("message", (reply: PgliteReply) => this.#settle(reply));
    this.#worker.on("error", (error) => this.#stop(error));
    this.#worker.on("exit", () => this.#stop(new Error("the embedded database has been closed")));
    this.#watch = setInterval(() => void this.#look(), 500);
  }

  /** @throws Error where the directory holds no database that can be opened */
  static async start(directory: string, signal: AbortSignal | undefined): Promise<PgliteThread> {
    const thread = new PgliteThread(directory, signal);
    try {
      await thread.query("SELECT");
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  readonly query: Query = async <Row>(sql: string, parameters: readonly unknown[] = []) => {
    if (writes.test(sql)) await checkDiskSpace(this.#directory, spaceToWrite);
    return (await this.#send({ sql, parameters })) as Row[];
  };

  /** Ends within 4 seconds, whatever the thread does. */
  async close(): Promise<void> {
    if (this.#failure === undefined) {
      const late = setTimeout(() => this.#stop(new Error("the embedded database did not close")), timeLeft);
      // Its writes are complete in the log: the next run takes them from there.
      await this.#send("close").catch(() => {});
      clearTimeout(late);
    }
    clearInterval(this.#watch);
    await this.#worker.terminate();
  }

  #send(request: PgliteRequest): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#pending.push({ since: performance.now(), resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #settle(reply: PgliteReply): void {
    const { resolve, reject } = this.#pending.shift()!;
    if ("rows" in reply) return resolve(reply.rows);
    const { message, code } = reply.error;
    if (code !== isFull) return reject(Object.assign(new Error(message), { code }));
    void freeSpace(this.#directory).then(
      (free) => reject(diskFull(this.#directory, free, spaceToWrite)),
      reject,
    );
  }

  /** Ends a statement that can no longer end by itself, or that nobody waits for. */
  async #look(): Promise<void> {
    const [oldest] = this.#pending;
    if (oldest === undefined || performance.now() - oldest.since < timeLeft) return;
    const free = await freeSpace(this.#directory);
    if (this.#pending[0] !== oldest) return;
    if (free < spaceLeft) this.#stop(diskFull(this.#directory, free, spaceToWrite));
    else if (this.#signal?.aborted) this.#stop(this.#signal.reason as Error);
  }

  #stop(failure: Error): void {
    this.#failure ??= failure;
    clearInterval(this.#watch);
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
    void this.#worker.terminate();
  }
}
