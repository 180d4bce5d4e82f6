import { ResourcePool } from "@llx/async";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ConnectionLostError } from "./connection.ts";
import { Database } from "./database.ts";
import { query } from "./query.ts";
import { run } from "./run.ts";

let lines: string[];
const print = (line: string): unknown => lines.push(line);

beforeEach(() => {
  lines = [];
});

describe("the example", () => {
  it("shares, replaces, serves in order, refuses a deadlock, and closes all", async () => {
    const database = new Database();
    await run(print, 20, database);
    // The 10th query and the 20th are lost and made again; one more follows the restart.
    const queries = database.connections.map((connection) => connection.queries);
    expect(queries.reduce((sum, count) => sum + count, 0)).toBe(20 + 2 + 1);
    const shared = lines.filter((line) => line.startsWith("  connection "));
    expect(shared.filter((line) => line.endsWith(", then lost"))).toHaveLength(2);
    // Three at once, and never more: two were replaced, all died, and then three were made again.
    expect(lines.at(-1)).toBe(`\n${shared.length + 3} connections were opened, 0 are still open.`);
    const text = lines.join("\n");
    expect(text).toMatch(/idle connections died\. The next query got the answer to the question after it\./);
    expect(text).toContain(
      "\n3 waited; one gave up, and 2 still waited. Served in this order: first, third.\n",
    );
    expect(text.match(/ holds 1 of connections$/gm)).toHaveLength(3);
    expect(text.match(/ waits for 1 of connections$/gm)).toHaveLength(3);
    expect(text).toContain("\nThey ask for both at once: copied, copied, copied.\n");
  });

  it("never has more than three connections open", async () => {
    const database = new Database();
    const open: number[] = [];
    const connect = database.connect.bind(database);
    database.connect = () => {
      const connection = connect();
      open.push(database.open);
      return connection;
    };
    await run(print, 50, database);
    expect(Math.max(...open)).toBe(3);
  });

  it("closes all after a failure, and fails with it", async () => {
    const database = new Database();
    vi.spyOn(database, "connect").mockRejectedValueOnce(new Error("no more connections"));
    await expect(run(print, 100, database)).rejects.toThrow(/^no more connections$/);
    expect(database.connections.length).toBeGreaterThan(0);
    expect(database.open).toBe(0);
    expect(lines.at(-1)).toMatch(/^\n\d+ connections were opened, 0 are still open\.$/);
  });

  it("closes a connection that is lost when its query fails, not later", async () => {
    const database = new Database();
    const pool = new ResourcePool({ create: () => database.connect(), max: 1 });
    const { signal } = new AbortController();
    await query(pool, "one", signal);
    database.restart();
    await expect(query(pool, "two", signal)).rejects.toThrow(
      new ConnectionLostError("connection 1 was lost"),
    );
    expect(database.open).toBe(0);
    expect(await query(pool, "three", signal)).toBe("the answer to three");
    await pool.aclose();
    expect(database.connections.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it.each([0, 1.5, Number.NaN])("refuses %s queries", async (count) => {
    await expect(run(print, count)).rejects.toThrow(
      new RangeError(`the number of queries must be a whole number from 1, not ${count}`),
    );
    expect(lines).toEqual([]);
  });
});
