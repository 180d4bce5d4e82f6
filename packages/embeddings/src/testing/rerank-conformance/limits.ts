import assert from "node:assert/strict";
import { type RerankLimits, rerankLimitNames } from "../../rerank/rerank-limits.ts";
import { type ErrorFields, rejectionError } from "../conformance/assertions.ts";
import type { RerankBench } from "./rerank-bench.ts";
import type { RerankCase } from "./rerank-case.ts";

type LimitName = keyof RerankLimits;
const limitNames = Object.keys(rerankLimitNames) as LimitName[];

interface Call {
  readonly query: string;
  readonly texts: readonly string[];
}

export const limits: readonly RerankCase[] = limitNames.flatMap((name): RerankCase[] => [
  {
    name: `the service accepts a request filled to limits.${name}`,
    applies: (facts) => facts.hasService && facts.limits[name] !== undefined && isKept(facts, name),
    async run(bench) {
      const { query, texts } = callOf(bench, name, 0);
      const { results } = await countingReranker(bench, {}).rerank(query, texts, { topN: 1 });
      assert.equal(results.length, 1);
    },
  },
  {
    name: `refuses a request of one above limits.${name}, before anything is sent`,
    applies: (facts) => facts.hasService && facts.limits[name] !== undefined && isKept(facts, name),
    async run(bench) {
      const { query, texts } = callOf(bench, name, 1);
      const error = await rejectionError(
        countingReranker(bench, {}).rerank(query, texts),
        "a request over the limit",
      );
      assert(error instanceof RangeError, `a request over the limit is a RangeError, not ${error.name}`);
      assert.match(
        error.message,
        new RegExp(String(bench.facts.limits[name])),
        "the message must state the limit",
      );
      assert.equal(bench.sent, 0, "nothing may be sent");
    },
  },
  {
    name: `the service refuses a request of one above limits.${name}`,
    applies: (facts) =>
      facts.hasService &&
      facts.limits[name] !== undefined &&
      isKept(facts, name) &&
      !facts.unenforced.includes(name),
    async run(bench) {
      const { query, texts } = callOf(bench, name, 1);
      const more = Object.fromEntries(
        // The total of a text may be reached by its own limit.
        limitNames.map((each) => [each, bench.facts.limits[each] && bench.facts.limits[each] + 1_000_000]),
      );
      const call = countingReranker(bench, more).rerank(query, texts);
      const outcome = await call.catch((error: unknown) => error as ErrorFields);
      const advice = `limits.${name} is ${bench.facts.limits[name]}, and the service accepts one more`;
      assert(outcome instanceof Error, `${advice}: let the fake refuse it`);
      const { status } = outcome;
      assert.equal(status, 400, "the refusal must be that of the service");
    },
  },
]);

/** A service that always cuts keeps no limit of tokens. */
function isKept({ truncation }: RerankBench["facts"], name: LimitName): boolean {
  return name === "inputs" || truncation !== "always";
}

function countingReranker(
  bench: RerankBench,
  more: Partial<RerankLimits>,
): ReturnType<RerankBench["create"]> {
  const countTokens = bench.subject.service?.countTokens;
  assert(countTokens !== undefined, "the fake must have countTokens to show that limits of tokens are right");
  return bench.create({ countTokens, limits: more });
}

/** A call that reaches a limit exactly, or exceeds it by some. */
function callOf({ facts }: RerankBench, name: LimitName, over: number): Call {
  const most = facts.limits[name]! + over;
  const calls: Readonly<Record<LimitName, () => Call>> = {
    inputs: () => ({ query: "q", texts: Array.from({ length: most }, () => "t") }),
    tokensPerQuery: () => ({ query: textOf(most), texts: ["t"] }),
    tokensPerInput: () => ({ query: "q", texts: [textOf(most)] }),
    tokensPerPair: () => {
      const ofQuery = Math.min(facts.limits.tokensPerQuery ?? 1, most - 1);
      return { query: textOf(ofQuery), texts: [textOf(most - ofQuery)] };
    },
    tokens: () => ({ query: "q", texts: textsOf(most, facts.limits) }),
  };
  return calls[name]();
}

/** A text of some tokens: four characters are one. */
function textOf(tokens: number): string {
  return "x".repeat(4 * tokens);
}

/** Texts of so many tokens in all, with a query of one token for each. */
function textsOf(
  tokens: number,
  { tokensPerInput = Infinity, tokensPerPair = Infinity }: RerankLimits,
): string[] {
  const longest = Math.min(tokensPerInput, tokensPerPair - 1, tokens - 1);
  const count = Math.ceil(tokens / (longest + 1));
  const last = tokens - (count - 1) * (longest + 1) - 1;
  if (last >= 1) return [...Array<string>(count - 1).fill(textOf(longest)), textOf(last)];
  // Nothing is left for the last text but the query: the one before leaves it a token.
  return [...Array<string>(count - 2).fill(textOf(longest)), textOf(longest - 1), textOf(1)];
}
