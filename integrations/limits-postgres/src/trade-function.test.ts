import { MemoryRateStore, type RateAsk } from "@llx/async/shared";
import * as fc from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type TestPostgres } from "../../../tests/postgres.ts";
import { createStatements, tradeFunction } from "./trade-function.ts";

/** Something that a limiter of a test asks, after some time. */
interface Step {
  readonly wait: number;
  readonly ask: RateAsk;
}

const names = ["requests", "tokens"];
const limits = [12, 100];

const amount = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });

/** @param budgets how many; with two, some members know only the second */
function steps(budgets: number): fc.Arbitrary<Step[]> {
  const shared = names
    .slice(0, budgets)
    .map((name, index) => ({ name, limit: limits[index]!, interval: 1_000 }));
  const want = fc.tuple(...shared.map(({ limit }) => amount(Math.ceil(limit / 3))));
  const ask = fc.record({
    member: fc.constantFrom("a", "b", "c", "d"),
    budgets: fc.constant(shared),
    hold: fc.constantFrom(20, 20, 33, 100),
    wants: fc.array(want, { maxLength: 8 }),
    extra: fc.tuple(...shared.map(() => amount(6))),
    corrections: fc.array(
      fc.record({ budget: amount(budgets - 1), slot: amount(40), amount: fc.integer({ min: -9, max: 9 }) }),
      { maxLength: 2 },
    ),
    observations: fc.oneof(
      { weight: 6, arbitrary: fc.constant([]) },
      fc.array(
        fc.record({
          budget: amount(budgets - 1),
          remaining: amount(20),
          reset: amount(1_500),
          expiredBefore: amount(9),
        }),
        { maxLength: 2 },
      ),
    ),
    pauseFor: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.constant(150)),
    leaves: fc.oneof({ weight: 20, arbitrary: fc.constant(false) }, fc.constant(true)),
  }) as fc.Arbitrary<RateAsk>;
  const wait = fc.oneof(
    { weight: 6, arbitrary: amount(8).map((slots) => slots * 5) },
    { weight: 2, arbitrary: fc.constant(0) },
    // Until the first slot expires, to the millisecond.
    { weight: 1, arbitrary: fc.constantFrom(1_005, 1_025, 1_105) },
    { weight: 1, arbitrary: fc.double({ min: 100, max: 2_500, noNaN: true }) },
  );
  return fc.array(fc.record({ wait, ask }), { minLength: 1, maxLength: 60 });
}

describe.runIf(hasPostgres("the function that shares limits"))("the function", () => {
  let postgres: TestPostgres;
  let client: Client;
  let limit = 0;

  beforeAll(async () => {
    postgres = await startPostgres();
    client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(createStatements("limits", "current_setting('llx.now')::float8"));
  }, 60_000);

  afterAll(async () => {
    await client.end();
    await postgres.close();
  });

  async function trade(name: string, now: number, ask: RateAsk): Promise<unknown> {
    const { rows } = await client.query(
      `SELECT set_config('llx.now', $3, false), limits.${tradeFunction}($1, $2) AS answer`,
      [name, JSON.stringify({ ...ask, wants: ask.wants.flat() }), String(now)],
    );
    return JSON.parse((rows[0] as { answer: string }).answer);
  }

  it.each([1, 2])("answers as the model does, with %i budgets", { timeout: 120_000 }, async (budgets) => {
    await fc.assert(
      fc.asyncProperty(steps(budgets), async (all) => {
        let now = 1_764_400_000_000;
        const model = new MemoryRateStore(() => now);
        const name = `limit ${++limit}`;
        for (const { wait, ask: each } of all) {
          now += wait;
          // A slot of the last 40.
          const slot = Math.floor(now / 5);
          const corrections = each.corrections.map((one) => ({ ...one, slot: slot - one.slot }));
          const ask = { ...each, corrections };
          // oxlint-disable-next-line no-await-in-loop -- one after another
          expect(await trade(name, now, ask)).toEqual(await model.trade(ask));
        }
      }),
      { numRuns: 250 },
    );
  });
});
