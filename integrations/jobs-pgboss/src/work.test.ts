import { describe, expect, it } from "vitest";
import { defineJob } from "./define-job.ts";
import type { OpenDatabase } from "./open-database.ts";
import { Pauses } from "./pauses.ts";
import { Wake } from "./wake.ts";
import { type QueueWorker, startWork } from "./work.ts";

function workerWith(left: () => Promise<boolean>, finishes = new Wake()): QueueWorker {
  const database = { query: async () => [] } as unknown as OpenDatabase;
  return startWork(
    [defineJob("job", { handler: () => 1 })],
    { pollInterval: 3_600_000 },
    {
      database,
      schema: "llx_jobs",
      pauses: new Pauses(database, "llx_jobs"),
      ready: async () => {},
      left,
      arrivals: new Wake(),
      finishes,
      warn(error) {
        throw error;
      },
    },
  );
}

describe("a worker", () => {
  it("is idle as soon as its last job has finished, even during its own check", async () => {
    const looks = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
    const finishes = new Wake();
    let looked = 0;
    const worker = workerWith(() => looks[looked++]!.promise, finishes);
    const idle = worker.idle();
    finishes.wake(); // The database has responded by then, and the response is on its way.
    looks[0]!.resolve(true);
    looks[1]!.resolve(false);
    await idle;
    expect(looked).toBe(2);
    await worker.aclose();
  });

  it("refuses a wrong name of an option of idle", async () => {
    const worker = workerWith(async () => false);
    await expect(worker.idle({ sginal: 1 } as never)).rejects.toThrow(
      new TypeError("there is no option sginal; did you mean signal?"),
    );
    await worker.aclose();
  });
});
