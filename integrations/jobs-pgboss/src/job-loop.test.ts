import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Claims } from "./claims.ts";
import { defineJob } from "./define-job.ts";
import { JobLoop, type LoopOptions } from "./job-loop.ts";
import type { OpenDatabase } from "./open-database.ts";
import { Wake } from "./wake.ts";

interface Row {
  readonly name: string;
  readonly priority: number;
  readonly created: number;
  state: "created" | "active" | "completed";
}

/** Jobs in memory, as several connections see them: claims skip jobs claimed by others. */
class Table {
  readonly rows: Row[] = [];
  readonly arrivals = new Wake();
  /** Awaited before the response to a claim, when its jobs are already claimed. */
  beforeAnswer: (claimed: readonly string[]) => Promise<unknown> | void = () => {};

  enqueue(names: readonly string[], priority = 0): void {
    for (const name of names) {
      this.rows.push({ name, priority, created: this.rows.length, state: "created" });
    }
    this.arrivals.wake();
  }

  get database(): OpenDatabase {
    return { query: (sql: string, values: unknown[]) => this.#query(sql, values) } as unknown as OpenDatabase;
  }

  async #query(sql: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    if (sql.includes("SKIP LOCKED")) return this.#take(values[0] as number, values[1] as number);
    const ids = values[1] as string[];
    const rows = this.rows.filter(({ name }) => ids.includes(name));
    const state = /state = '(created|completed)'/.exec(sql)?.[1] as Row["state"] | undefined;
    if (state !== undefined) for (const row of rows) row.state = state;
    return rows.map(({ name }) => ({ id: name }));
  }

  async #take(count: number, least: number): Promise<Record<string, unknown>[]> {
    const rows = this.rows
      .filter(({ state, priority }) => state === "created" && priority >= least)
      .toSorted((a, b) => b.priority - a.priority || a.created - b.created)
      .slice(0, count);
    for (const row of rows) row.state = "active";
    await this.beforeAnswer(rows.map(({ name }) => name));
    return rows.map(({ name, priority, created }) => {
      return { id: name, data: [name], retry_count: 0, priority, created, due: 0 };
    });
  }
}

describe("JobLoop", () => {
  const loops: { readonly loop: JobLoop; readonly running: Promise<void> }[] = [];

  afterEach(async () => {
    vi.restoreAllMocks();
    for (const { loop, running } of loops.splice(0)) {
      // oxlint-disable-next-line no-await-in-loop
      await loop.stop();
      // oxlint-disable-next-line no-await-in-loop
      await running;
    }
  });

  /** Jobs that report their start, and do what a test asks. */
  function start(
    table: Table,
    handler: (name: string) => Promise<unknown> | void,
    options: Partial<LoopOptions> = {},
  ): { readonly loop: JobLoop; readonly begun: string[]; finished(count: number): Promise<void> } {
    // Batches count as fast, however busy the machine is.
    vi.spyOn(performance, "now").mockReturnValue(0);
    const begun: string[] = [];
    const finishes = new Wake();
    const job = defineJob("job", {
      handler: async (name: string) => {
        begun.push(name);
        await handler(name);
      },
    });
    const loop = new JobLoop(job, new Claims(table.database, "llx_jobs", job), {
      workers: 1,
      grace: 0,
      pollInterval: 3_600_000,
      callbackManager: undefined,
      arrivals: table.arrivals,
      finishes,
      warn(error) {
        throw error;
      },
      ...options,
    });
    loops.push({ loop, running: loop.run(async () => {}) });
    return {
      loop,
      begun,
      async finished(count) {
        const done = (): number => table.rows.filter(({ state }) => state === "completed").length;
        // oxlint-disable-next-line no-await-in-loop -- look, wait, look again
        while (done() < count) await finishes.sleep(3_600_000);
      },
    };
  }

  it("awaits a claim in progress before it starts a job that may be less urgent", async () => {
    const table = new Table();
    table.enqueue(["a", "b", "c", "d", "e", "f"]);
    table.beforeAnswer = async (claimed) => {
      if (!claimed.includes("high")) return;
      // Long enough for another claim, which would find nothing.
      for (let at = 0; at < 5; at++) await turn();
    };
    const { begun, finished } = start(table, (name) => {
      if (name === "c") table.enqueue(["high"], 1);
    });
    await finished(7);
    expect(begun).toEqual(["a", "b", "c", "high", "d", "e", "f"]);
  });

  it("claims again after a claim that had queried too early", async () => {
    const table = new Table();
    table.enqueue(["a", "b", "c", "d", "e", "f"]);
    let enqueued = false;
    table.beforeAnswer = async (claimed) => {
      if (!claimed.includes("f")) return;
      await turn(); // Now the job after c waits for this response.
      table.enqueue(["high"], 2);
      enqueued = true;
    };
    const { begun, finished } = start(table, (name) => {
      if (name === "c") table.enqueue(["middle"], 1);
    });
    await finished(8);
    expect(enqueued).toBe(true);
    expect(begun).toEqual(["a", "b", "c", "high", "middle", "d", "e", "f"]);
  });

  it("claims jobs that arrived while a claim found nothing", async () => {
    const table = new Table();
    table.beforeAnswer = () => {
      table.beforeAnswer = () => {};
      table.enqueue(["a", "b"]);
    };
    const { begun, finished } = start(table, () => {});
    await finished(2);
    expect(begun).toEqual(["a", "b"]);
  });

  it("takes back jobs that it handed back and no one took", async () => {
    const table = new Table();
    const gate = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const names = ["a", "b", "gate", "c", "d", "e"];
    table.enqueue(names);
    const { loop, begun, finished } = start(table, async (name) => {
      if (name !== "gate") return;
      reached.resolve();
      await gate.promise;
    });
    await reached.promise;
    await turn();
    const active = (): string[] =>
      table.rows.filter(({ state }) => state === "active").map(({ name }) => name);
    expect(active()).toEqual(["gate", "c", "d"]);
    await loop.heartbeat();
    await loop.heartbeat();
    expect(active()).toEqual(["gate"]);
    gate.resolve();
    await finished(6);
    expect(begun).toEqual(names);
  });

  it("waits between two claims, however often it is woken", async () => {
    const table = new Table();
    let claims = 0;
    table.beforeAnswer = () => {
      claims++;
      return turn();
    };
    start(table, () => {}, { pollInterval: 0 });
    for (let at = 0; at < 5; at++) await turn();
    expect(claims).toBe(1);
  });

  it("continues after a failed claim, with claimed and new jobs", async () => {
    const table = new Table();
    const warnings: unknown[] = [];
    table.beforeAnswer = () => {
      table.beforeAnswer = () => {};
      return Promise.reject(new Error("connection lost"));
    };
    const { begun, finished } = start(table, () => {}, { warn: (error) => warnings.push(error) });
    await vi.waitFor(() => expect(warnings).toEqual([new Error("connection lost")]));
    table.enqueue(["a"]);
    await finished(1);
    expect(begun).toEqual(["a"]);
  });
});
