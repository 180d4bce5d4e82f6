import { setImmediate as turn } from "node:timers/promises";
import type { Db, PgBoss } from "pg-boss";
import { describe, expect, it } from "vitest";
import type { OpenDatabase } from "./open-database.ts";
import { OrderedInserts } from "./ordered-inserts.ts";

/** A database that records statements, and responds on request. */
class SlowDatabase implements OpenDatabase {
  readonly asked: string[] = [];
  readonly embedded = false;
  readonly redactPassword = (): void => {};
  readonly boss: PgBoss;
  readonly #answers = new Map<string, PromiseWithResolvers<{ rows: never[] }>>();
  #transactions = 0;

  constructor() {
    const db = {
      executeSql: (sql: string) => this.#ask(sql),
      beginTransaction: async () => {
        const id = ++this.#transactions;
        await this.#ask(`begin ${id}`);
        return {
          db: { executeSql: (sql: string) => this.#ask(`${sql} in ${id}`) },
          commit: () => this.#ask(`commit ${id}`),
          rollback: () => this.#ask(`rollback ${id}`),
        };
      },
    };
    const insert = async (
      _: string,
      rows: readonly { readonly id: string }[],
      options: { readonly db: Db },
    ) => {
      await options.db.executeSql(`insert ${rows.map(({ id }) => id).join()}`);
      return rows.map(({ id }) => id);
    };
    this.boss = { getDb: () => db, insert } as unknown as PgBoss;
  }

  #ask(what: string): Promise<{ rows: never[] }> {
    this.asked.push(what);
    const answer = Promise.withResolvers<{ rows: never[] }>();
    this.#answers.set(what, answer);
    return answer.promise;
  }

  /** Responds, and runs everything that follows. */
  async answer(what: string, error?: Error): Promise<void> {
    if (error === undefined) this.#answers.get(what)!.resolve({ rows: [] });
    else this.#answers.get(what)!.reject(error);
    await turn();
  }

  query(): Promise<never> {
    return Promise.reject(new Error("nobody should ask"));
  }

  async close(): Promise<void> {}
}

const batch = (id: string) => [{ id, data: [], startAfter: "0" }];

describe("OrderedInserts", () => {
  it("starts transactions one after another, and stores several batches at once", async () => {
    const database = new SlowDatabase();
    const inserts = new OrderedInserts(database, "job", 2);
    const both = Promise.all([inserts.insert(batch("a")), inserts.insert(batch("b"))]);
    await turn();
    expect(database.asked).toEqual(["begin 1"]);
    await database.answer("begin 1");
    expect(database.asked).toEqual(["begin 1", "insert a in 1", "begin 2"]);
    await database.answer("begin 2");
    await database.answer("insert b in 2");
    expect(database.asked.slice(3)).toEqual(["insert b in 2", "commit 2"]);
    await database.answer("commit 2");
    await database.answer("insert a in 1");
    await database.answer("commit 1");
    expect(await both).toEqual([["a"], ["b"]]);
  });

  it("stores a deadlocked batch again, and starts the next one after one that fails", async () => {
    const database = new SlowDatabase();
    const inserts = new OrderedInserts(database, "job", 2);
    const outcomes = Promise.allSettled([inserts.insert(batch("a")), inserts.insert(batch("b"))]);
    await turn();
    await database.answer("begin 1");
    await database.answer("insert a in 1", Object.assign(new Error("deadlock detected"), { code: "40P01" }));
    await database.answer("rollback 1");
    expect(database.asked).toEqual(["begin 1", "insert a in 1", "begin 2", "rollback 1", "begin 3"]);
    await database.answer("begin 3", new Error("too many connections"));
    await database.answer("begin 2");
    await database.answer("insert b in 2");
    await database.answer("commit 2");
    expect(await outcomes).toMatchObject([
      { reason: { message: "too many connections" } },
      { status: "fulfilled" },
    ]);

    const failing = Promise.allSettled([inserts.insert(batch("c")), inserts.insert(batch("d"))]);
    await turn();
    await database.answer("begin 4", new Error("too many connections"));
    expect(database.asked.at(-1)).toBe("begin 5");
    await database.answer("begin 5", new Error("too many connections"));
    expect(await failing).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  });

  it("stores the rows of a batch in a fixed order after a deadlock, to avoid another", async () => {
    const database = new SlowDatabase();
    const inserts = new OrderedInserts(database, "job", 1);
    const rows = [...batch("c"), ...batch("a"), ...batch("b")];
    const stored = inserts.insert(rows);
    await turn();
    await database.answer("insert c,a,b", Object.assign(new Error("deadlock detected"), { code: "40P01" }));
    expect(database.asked).toEqual(["insert c,a,b", "insert a,b,c"]);
    await database.answer("insert a,b,c");
    expect(await stored).toEqual(["a", "b", "c"]);
    expect(rows.map(({ id }) => id)).toEqual(["c", "a", "b"]);
  });

  it("stores a single batch in one statement", async () => {
    const database = new SlowDatabase();
    const stored = new OrderedInserts(database, "job", 1).insert(batch("a"));
    await turn();
    expect(database.asked).toEqual(["insert a"]);
    await database.answer("insert a");
    expect(await stored).toEqual(["a"]);
  });
});
