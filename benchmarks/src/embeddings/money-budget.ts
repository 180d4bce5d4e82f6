// A budget in money under parallel callers, on a simulated clock: how far it is passed, and how much of it is used.
//   node money-budget.ts
import { createEmbeddingModel, type EmbeddingModel } from "@llx/embeddings";
import { MoneyBudget } from "@llx/embeddings/costs";
import { seeded } from "../async/seeded.ts";
import { VirtualClock } from "../async/virtual-clock.ts";

const callers = 32;
const seeds = 20;
/** Of tokens, one of which costs one unit of money: about 500 requests. */
const limit = 400_000;
const prices = { served: { input: 1_000_000 } };
const words = "the moon pulls water of oceans so it rises and falls twice a day bees dance in hive".split(
  " ",
);

/** What the service bills for the tokens that were expected, by a number from 0 to 1. */
const bills: Readonly<Record<string, (expected: number, lot: number) => number>> = {
  "as estimated, within 15 %": (expected, lot) => expected * (0.85 + 0.3 * lot),
  "twice the estimate, within 15 %": (expected, lot) => 2 * expected * (0.85 + 0.3 * lot),
  "half the estimate, within 15 %": (expected, lot) => 0.5 * expected * (0.85 + 0.3 * lot),
  "as estimated, one in 50 twice as much": (expected, lot) => expected * (lot < 0.02 ? 2 : 0.85 + 0.3 * lot),
  "as estimated, one in ten refused": (expected, lot) => (lot < 0.1 ? 0 : expected * (0.85 + 0.3 * lot)),
};

interface Outcome {
  /** What was billed beyond the limit, in reserves of the largest request. */
  readonly passed: number;
  /** What was billed, as a share of the limit. */
  readonly used: number;
}

async function run(bill: (expected: number, lot: number) => number, seed: number): Promise<Outcome> {
  using clock = new VirtualClock();
  const random = seeded(seed);
  const budget = new MoneyBudget({ limit, prices });
  let [billed, largest] = [0, 0];
  const model = createEmbeddingModel(
    {
      provider: "served",
      model: "served",
      limits: { inputs: 16 },
      embed: async ({ texts }) => {
        const expected = (await model.estimate(texts)).tokens;
        await new Promise((resolve) => setTimeout(resolve, 50 + 400 * random()));
        const used = Math.round(bill(expected, random()));
        if (used === 0) throw Object.assign(new Error("busy"), { status: 400, retryable: false });
        billed += used;
        largest = Math.max(largest, used);
        return {
          embeddings: texts.map((_, index) => ({ index, embedding: [1, 2] })),
          usage: { totalTokens: used },
        };
      },
    },
    { workers: callers, budget, retry: { attempts: 1 } },
  );
  const open = new Set(Array.from({ length: callers }, (_, caller) => caller));
  for (const caller of open) void callUntilSpent(model, random).then(() => open.delete(caller));
  // oxlint-disable-next-line no-await-in-loop -- time advances
  while (open.size > 0) await clock.runUntil(clock.now + 1_000);
  if (Math.abs(budget.spent - billed) > 1e-6)
    throw new Error(`${budget.spent} is spent, and ${billed} was billed`);
  return { passed: Math.max(0, billed - limit) / largest, used: billed / limit };
}

async function callUntilSpent(model: EmbeddingModel, random: () => number): Promise<void> {
  for (;;) {
    const texts = Array.from({ length: 1 + Math.floor(16 * random()) }, () =>
      Array.from(
        { length: 5 + Math.floor(150 * random()) },
        () => words[Math.floor(random() * words.length)],
      ).join(" "),
    );
    // oxlint-disable-next-line no-await-in-loop -- one call after another
    const { failed } = await model.getTextEmbeddingBatch(texts, { settle: true, bisect: false });
    if (failed.some(({ error }) => error instanceof Error && error.name === "BudgetError")) return;
  }
}

console.log(
  `**${callers} callers that share a budget for about 500 requests, until it is spent** (${seeds} seeds, Node ${process.versions.node})\n`,
);
console.log("| what the service bills | passed by at most, in requests | used at least |");
console.log("| --- | ---: | ---: |");
for (const [name, bill] of Object.entries(bills)) {
  const outcomes: Outcome[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one after another
  for (let seed = 1; seed <= seeds; seed++) outcomes.push(await run(bill, seed));
  const passed = Math.max(...outcomes.map((each) => each.passed));
  const used = Math.min(...outcomes.map((each) => each.used));
  console.log(`| ${name} | ${passed.toFixed(2)} | ${(used * 100).toFixed(1)} % |`);
}
