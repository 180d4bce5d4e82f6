import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Closing } from "@llx/async";
import type { DebugSnapshot } from "@llx/callbacks";

/** The exit code, or the signal that ended it. */
type Exit = [code: number | null, signal: NodeJS.Signals | null];

/** Worker processes. A killed one is replaced; meanwhile its jobs go to the others. */
export class Workers {
  /** Rejects when one exits by itself: a new one would fail too. */
  readonly failed: Promise<never>;
  readonly #url: string;
  readonly #print: (line: string) => void;
  /** Each with its exit. */
  readonly #running = new Map<ChildProcess, Promise<Exit>>();
  readonly #failure = Promise.withResolvers<never>();
  readonly #closing: Closing = new Closing("the workers", async () => {
    this.#isStopping = true;
    for (const child of this.#running.keys()) child.kill("SIGTERM");
    await Promise.all(this.#running.values());
  });
  #isStopping = false;

  constructor(count: number, url: string, print: (line: string) => void) {
    this.#url = url;
    this.#print = print;
    this.failed = this.#failure.promise;
    this.failed.catch(() => {});
    for (let started = 0; started < count; started++) this.#start();
  }

  /** As if its machine had failed. */
  killOne(): void {
    const [child] = this.#running.keys();
    if (child === undefined) return;
    this.#print(`worker ${child.pid} is killed, to see that nothing is lost`);
    child.kill("SIGKILL");
  }

  /** Lets all finish their work, and returns what each has recorded. */
  async stop(): Promise<DebugSnapshot[]> {
    this.#isStopping = true;
    const recorded = Promise.all(
      [...this.#running.keys()].map(async (child) => {
        if (!child.connected) return undefined;
        const message = once(child, "message") as Promise<[DebugSnapshot]>;
        // Without a message before: it was killed.
        const gone = once(child, "disconnect").then(() => [undefined] as const);
        child.send("stop");
        return (await Promise.race([message, gone]))[0];
      }),
    );
    const snapshots = await Promise.race([recorded, this.failed]);
    await Promise.all(this.#running.values());
    return snapshots.filter((snapshot) => snapshot !== undefined);
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  #start(): void {
    const env = { ...process.env, DATABASE_URL: this.#url };
    const child = fork(new URL("worker.ts", import.meta.url), { env });
    const ended = once(child, "exit") as Promise<Exit>;
    this.#print(`worker ${child.pid} is started`);
    this.#running.set(child, ended);
    ended.then(
      ([code, signal]) => {
        this.#running.delete(child);
        if (code === 0) return;
        const what = `worker ${child.pid} was lost (${signal ?? `exit code ${code}`})`;
        if (code !== null) this.#failure.reject(new Error(what));
        else if (!this.#isStopping) {
          this.#print(`${what}: starting another one`);
          this.#start();
        }
      },
      (error: unknown) => this.#failure.reject(error),
    );
  }
}
