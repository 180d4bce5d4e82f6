// A service that refuses without stating a wait (429, no header), on a simulated clock: what is lost, how
// much of what the service allows is used, and how many requests are refused. The same on each machine.
//   node refusals.ts [--quick]
// 50,000 texts of 80 tokens on average, 20 per request: both budgets per minute matter. Peers retry up to ten times.
import { parseArgs } from "node:util";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OpenAIEmbeddings } from "@langchain/openai";
import { createEmbeddingModel, type EmbeddingModelOptions } from "@llx/embeddings";
import { embedMany, wrapEmbeddingModel } from "ai";
import { OpenAI } from "openai";
import { VirtualClock } from "../async/virtual-clock.ts";
import { number } from "../harness.ts";
import { seeded } from "../async/seeded.ts";
import { type Reply, RefusingService, type Rule, textsOf, WindowRule } from "./refusing-service.ts";

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const count = flags.quick ? 10_000 : 50_000;
const seeds = flags.quick ? [1] : [1, 2, 3];
const inputs = 20;
const retries = 10;
const minute = { requests: 500, tokens: 800_000 };
const words = "rate limit exceeded";
/** The longest run, in milliseconds: an hour and a half. */
const longest = 5_400_000;

/** Embeds all texts, and returns how many have no embedding. */
type Client = (service: RefusingService, texts: readonly string[]) => Promise<number>;

const vector = [1, 0, 0, 0];

function ours(options: EmbeddingModelOptions): Client {
  return async (service, texts) => {
    const model = createEmbeddingModel(
      {
        provider: "served",
        model: "served",
        limits: { inputs },
        embed: async ({ texts: asked }) => {
          const reply = await service.ask(asked);
          if (reply === "refused") throw Object.assign(new Error(words), { status: 429, refused: true });
          return {
            embeddings: asked.map((_, index) => ({ index, embedding: vector })),
            usage: { inputTokens: reply.tokens },
          };
        },
      },
      options,
    );
    const { failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
    return failed.length;
  };
}

/** Replaces the network for other clients. */
function fetchFrom(service: RefusingService): typeof fetch {
  return async (_url, init) => {
    const { input } = JSON.parse(init?.body as string) as { input: string | string[] };
    const asked = [input].flat();
    return answer(await service.ask(asked), asked.length);
  };
}

function answer(reply: Reply, texts: number): Response {
  const headers = { "content-type": "application/json" };
  if (reply === "refused") {
    return new Response(JSON.stringify({ error: { message: words, type: "rate_limit_error" } }), {
      status: 429,
      headers,
    });
  }
  const data = Array.from({ length: texts }, (_, index) => ({
    object: "embedding",
    index,
    embedding: vector,
  }));
  const usage = { prompt_tokens: reply.tokens, total_tokens: reply.tokens };
  return new Response(JSON.stringify({ object: "list", model: "served", data, usage }), { headers });
}

const openai: Client = async (service, texts) => {
  const client = new OpenAI({ apiKey: "any", maxRetries: retries, fetch: fetchFrom(service) });
  let [next, lost] = [0, 0];
  const worker = async (): Promise<void> => {
    while (next < texts.length) {
      const input = texts.slice(next, (next += inputs));
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await client.embeddings.create({ model: "served", input, encoding_format: "float" });
      } catch {
        lost += input.length;
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return lost;
};

const langchain: Client = async (service, texts) => {
  const model = new OpenAIEmbeddings({
    apiKey: "any",
    model: "served",
    batchSize: inputs,
    maxConcurrency: 4,
    maxRetries: retries,
    encodingFormat: "float",
    configuration: { fetch: fetchFrom(service) },
  });
  return model.embedDocuments([...texts]).then(
    () => 0,
    () => texts.length,
  );
};

const ai: Client = async (service, texts) => {
  const provider = createOpenAICompatible({
    name: "served",
    baseURL: "http://served.test/v1",
    fetch: fetchFrom(service),
  });
  const served = provider.embeddingModel("served");
  const middleware = {
    specificationVersion: served.specificationVersion,
    overrideMaxEmbeddingsPerCall: () => inputs,
  };
  const model = wrapEmbeddingModel({ model: served, middleware });
  return embedMany({ model, values: [...texts], maxRetries: retries, maxParallelCalls: 4 }).then(
    () => 0,
    () => texts.length,
  );
};

const clients: Readonly<Record<string, Client>> = {
  "ours, default options": ours({}),
  "ours, 4 workers": ours({ workers: 4 }),
  "ours, the limit declared": ours({
    rate: {
      requests: { limit: minute.requests, interval: 60_000 },
      tokens: { limit: minute.tokens, interval: 60_000 },
    },
  }),
  [`openai (${retries} retries)`]: openai,
  [`langchain (${retries} retries)`]: langchain,
  [`ai (${retries} retries)`]: ai,
};

/** Refuses everything for a while, once. */
class OnceRule implements Rule {
  readonly #from: number;
  readonly #until: number;

  constructor(from: number, until: number) {
    this.#from = from;
    this.#until = until;
  }

  pass(_tokens: number, now: number): boolean {
    return now < this.#from || now >= this.#until;
  }
}

/** Permanently refuses one request in ten. */
class RandomRule implements Rule {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  pass(): boolean {
    return this.#random() >= 0.1;
  }
}

const rules: Readonly<Record<string, (seed: number) => Rule>> = {
  "500 requests and 800,000 tokens in any 60 s": () => new WindowRule(minute, 60_000, true),
  "500 requests and 800,000 tokens in each minute": () => new WindowRule(minute, 60_000, false),
  "refuses everything for 65 s, once": () => new OnceRule(2_000, 67_000),
  "refuses one request in ten, permanently": (seed) => new RandomRule(seed),
  "10 requests per second": () =>
    new WindowRule({ requests: 10, tokens: Number.MAX_SAFE_INTEGER }, 1_000, true),
};

/** The share of the limit used in the whole minutes among the first five; of the budget that was used more. */
function usedOf({ log, endedAt }: RefusingService): number {
  const minutes = Math.min(5, Math.floor(endedAt / 60_000));
  const within = log.filter(({ at }) => at < minutes * 60_000);
  const tokens = within.reduce((sum, each) => sum + each.tokens, 0);
  return Math.max(within.length / (minutes * minute.requests), tokens / (minutes * minute.tokens));
}

interface Run {
  readonly used: number;
  readonly lost: number;
  readonly passed: number;
  readonly refused: number;
  readonly seconds: number;
}

async function run(client: Client, rule: Rule, seed: number): Promise<Run> {
  const random = Math.random;
  Math.random = seeded(seed + 1_000);
  using clock = new VirtualClock();
  const service = new RefusingService(rule, seed);
  const outcome: { lost?: number } = {};
  void client(service, textsOf(count, seed)).then((lost) => Object.assign(outcome, { lost }));
  while (outcome.lost === undefined && clock.now < longest) {
    // oxlint-disable-next-line no-await-in-loop -- time advances
    await clock.runUntil(clock.now + 1_000);
  }
  Math.random = random;
  const { passed, refused, endedAt } = service;
  return {
    used: usedOf(service),
    lost: outcome.lost ?? count - passed * inputs,
    passed,
    refused,
    seconds: endedAt / 1_000,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

for (const [title, rule] of Object.entries(rules)) {
  console.log(`\n**${title}** (${number(count)} texts, ${inputs} per request)\n`);
  const isMinute = title.startsWith("500");
  console.log(`| | texts lost | requests refused | of all | seconds |${isMinute ? "limit used |" : ""}`);
  console.log(`| --- | ---: | ---: | ---: | ---: |${isMinute ? " ---: |" : ""}`);
  for (const [name, client] of Object.entries(clients)) {
    if (!isMinute && name.endsWith("declared")) continue;
    const runs: Run[] = [];
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (const seed of seeds) runs.push(await run(client, rule(seed), seed));
    const refused = mean(runs.map((each) => each.refused));
    const passed = mean(runs.map((each) => each.passed));
    const cells = [
      name,
      number(mean(runs.map(({ lost }) => lost))),
      number(refused),
      `${((100 * refused) / (passed + refused)).toFixed(1)} %`,
      number(mean(runs.map(({ seconds }) => seconds))),
      ...(isMinute ? [`${(100 * mean(runs.map(({ used }) => used))).toFixed(1)} %`] : []),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
