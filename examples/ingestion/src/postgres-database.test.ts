import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { describe, expect, it } from "vitest";
import { UsageError } from "./arguments.ts";
import { openPostgres } from "./postgres-database.ts";
import { Store } from "./store.ts";

describe("a server", () => {
  it("without pgvector is told how to get it; its transactions are all or nothing", async () => {
    const pglite = await PGlite.create();
    const server = new PGLiteSocketServer({ db: pglite, port: 0 });
    await server.start();
    const address = server.getServerConn();
    const database = await openPostgres(`postgres://postgres:secret@${address}/postgres`);
    try {
      await expect(Store.open(database, "/folder", "model")).rejects.toThrow(
        new RegExp(
          `^PostgreSQL at ${address}/postgres has no pgvector; install it on the server \\(.*https://github.com/pgvector`,
        ),
      );
      await database.query("CREATE TABLE number (value integer)");
      const failing = database.transaction(async (query) => {
        await query("INSERT INTO number VALUES (1)");
        throw new Error("stop");
      });
      // It waits for the transaction, and is no part of it.
      const beside = database.query("INSERT INTO number VALUES ($1)", [2]);
      await expect(failing).rejects.toThrow("stop");
      await beside;
      expect(await database.query("SELECT value FROM number")).toEqual([{ value: 2 }]);
    } finally {
      await database.aclose();
      await server.stop();
      await pglite.close();
    }
  }, 120_000);

  it.each([
    "mysql://me:secret@host/db",
    "postgres://me:secret@host:port/db",
    "host=localhost password=secret",
  ])("whose address is no such thing is refused, and the address not shown: %s", async (url) => {
    await expect(openPostgres(url)).rejects.toThrow(
      new UsageError("DATABASE_URL must be like postgres://user:password@host:5432/database"),
    );
  });

  it("that is not there is named, without the password", async () => {
    const error: unknown = await openPostgres("postgres://me:secret@127.0.0.1:1/db").catch(
      (thrown: unknown) => thrown,
    );
    expect((error as Error).message).toBe(
      "no connection to PostgreSQL at 127.0.0.1:1/db: connect ECONNREFUSED 127.0.0.1:1; is DATABASE_URL right?",
    );
  });
});
