import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type TestPostgres } from "../postgres.ts";
import { seeded } from "../seeded.ts";

const interval = 1_000;
const limit = 100;
const limits = { requests: { limit, interval }, tokens: { limit: 10 * limit, interval } };
const fixture = new URL("fixtures/limits-postgres-process.mjs", import.meta.url);

/** How many start in the fullest interval. A busy process may notice that late that a request has started. */
function fullest(started: readonly number[]): number {
  const tolerance = 20;
  const arrivals = started.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, at] of arrivals.entries()) {
    while (arrivals[first]! <= at - interval + tolerance) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

describe.runIf(hasPostgres("shared limits while processes and PostgreSQL are killed"))(
  "on PostgreSQL",
  () => {
    let postgres: TestPostgres;
    let service: Server;
    let arrivals: number[];
    const children = new Set<ChildProcess>();

    beforeAll(async () => {
      postgres = await startPostgres();
      service = createServer(({ url }, response) => {
        const at = new URL(url!, "http://service").searchParams.get("at");
        if (at !== null) arrivals.push(Number(at));
        response.end();
      }).listen(0, "127.0.0.1");
      await once(service, "listening");
    });

    beforeEach(() => {
      arrivals = [];
    });

    afterEach(() => {
      for (const child of children) child.kill("SIGKILL");
      children.clear();
    });

    afterAll(async () => {
      service.close();
      await postgres.close();
    });

    /** Starts one whose clock is wrong by some minutes; `over` resolves when it has exited by itself with all its work done. */
    async function start(
      requests: number,
      wrongBy: number,
    ): Promise<{ child: ChildProcess; over: Promise<unknown> }> {
      const { port } = service.address() as AddressInfo;
      const given = { url: postgres.url, service: `http://127.0.0.1:${port}`, limits, wrongBy, requests };
      const child = fork(fixture, [JSON.stringify(given)], { execArgv: [] });
      children.add(child);
      await once(child, "message");
      return { child, over: once(child, "exit").then(([code]) => code as unknown) };
    }

    it("a killed process's grants are free again within about an interval, and no window has too many", async () => {
      const [victim, heir] = await Promise.all([start(1_000, 0), start(20, 300_000)]);
      while (arrivals.length < 60) {
        // oxlint-disable-next-line no-await-in-loop -- until it holds grants
        await once(service, "request");
      }
      victim.child.kill("SIGKILL");
      const at = performance.timeOrigin + performance.now();
      expect(await heir.over).toBe(0);
      expect(fullest(arrivals)).toBeLessThanOrEqual(limit);
      // Two intervals later, the other one has the whole limit: in each window it starts nearly as many.
      const later = arrivals.filter((each) => each > at + 1.5 * interval && each < at + 2.5 * interval);
      expect(later.length).toBeGreaterThan(0.7 * limit);
    });

    it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
      "restarts under load let no window have too many, and all work is done (seed %i)",
      async (seed) => {
        const random = seeded(seed);
        const processes = await Promise.all([start(4, -180_000), start(4, 0), start(4, 240_000)]);
        const before = 20 + Math.floor(random() * 120);
        while (arrivals.length < before) {
          // oxlint-disable-next-line no-await-in-loop -- at another moment for each seed
          await once(service, "request");
        }
        await postgres.restart(random() < 0.5 ? "fast" : "immediate");
        const codes = await Promise.all(processes.map(({ over }) => over));
        expect(codes).toEqual([0, 0, 0]);
        expect(arrivals.length).toBe(3 * 20 * 4);
        expect(fullest(arrivals)).toBeLessThanOrEqual(limit);
      },
    );
  },
);
