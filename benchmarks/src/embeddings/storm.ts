import { fork } from "node:child_process";
import { once } from "node:events";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OpenAIEmbeddings } from "@langchain/openai";
import { createEmbeddingModel, type EmbeddingModelOptions } from "@llx/embeddings";
import { HttpClient } from "@llx/http";
import { embed } from "ai";
import { OpenAI } from "openai";
import { number } from "../harness.ts";

/** 500 requests a minute, with six seconds for the minute. */
const limit = 500;
const interval = 6_000;
const windows = 5;
const workers = 32;

/** Embeds one text, in its own request. */
interface Client {
  readonly embed: (text: string) => Promise<unknown>;
  readonly aclose?: () => Promise<void>;
}

function ours(url: string, options: EmbeddingModelOptions): Client {
  const http = new HttpClient({ provider: "served" });
  const model = createEmbeddingModel(
    {
      provider: "served",
      model: "served",
      limits: { inputs: 1 },
      embed: async ({ texts: input }, attempt) => {
        const { body, rateLimits } = await http.postJson(`${url}/v1/embeddings`, { input }, attempt);
        const { data } = body as { data: { index: number; embedding: number[] }[] };
        return { embeddings: data, rateLimits };
      },
      aclose: () => http.aclose(),
    },
    { workers, ...options },
  );
  return { embed: (text) => model.getTextEmbedding(text), aclose: () => model.aclose() };
}

const clients: Readonly<Record<string, (url: string) => Client>> = {
  "ours, the limit declared": (url) => ours(url, { rate: { requests: { limit, interval } } }),
  "ours, twice the limit declared, corrected by the service": (url) =>
    ours(url, { rate: { requests: { limit: 2 * limit, interval } } }),
  "openai (2 retries)": (url) => {
    const client = new OpenAI({ apiKey: "any", baseURL: `${url}/v1` });
    return {
      embed: (input) => client.embeddings.create({ model: "served", input, encoding_format: "float" }),
    };
  },
  "langchain (6 retries)": (url) => {
    const model = new OpenAIEmbeddings({
      apiKey: "any",
      model: "served",
      encodingFormat: "float",
      configuration: { baseURL: `${url}/v1` },
    });
    return { embed: (text) => model.embedQuery(text) };
  },
  "ai (2 retries)": (url) => {
    const provider = createOpenAICompatible({ name: "served", apiKey: "any", baseURL: `${url}/v1` });
    const model = provider.embeddingModel("served");
    return { embed: (value) => embed({ model, value }) };
  },
};

const server = fork(new URL("limited-server.ts", import.meta.url), [String(limit), String(interval)]);
const [port] = (await once(server, "message")) as [number];
const url = `http://127.0.0.1:${port}`;

/** What the service has accepted and refused since the last query. */
async function counts(): Promise<{ readonly passed: number; readonly refused: number }> {
  return (await (await fetch(url)).json()) as { passed: number; refused: number };
}

/** One loop per worker embeds one text after another until the time is over. */
async function storm(client: Client): Promise<{ passed: number; refused: number; lost: number }> {
  await counts();
  const end = performance.now() + windows * interval;
  let lost = 0;
  let text = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await client.embed(`text number ${text++}`);
      } catch {
        lost++;
      }
    }
  };
  const loops = Promise.all(Array.from({ length: workers }, loop));
  await new Promise((resolve) => setTimeout(resolve, windows * interval));
  const result = await counts();
  const lostInTime = lost;
  await loops;
  await client.aclose?.();
  return { ...result, lost: lostInTime };
}

console.log(
  `\n**A service that accepts ${limit} requests per ${interval / 1000} s, for ${(windows * interval) / 1000} s, ` +
    `${workers} callers** (Node ${process.versions.node})\n`,
);
console.log("| | accepted | goodput, vs. limit | refused, of all requests | texts lost |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const [name, open] of Object.entries(clients)) {
  // oxlint-disable-next-line no-await-in-loop -- one after another
  const { passed, refused, lost } = await storm(open(url));
  const cells = [
    name,
    number(passed),
    `${((100 * passed) / (limit * windows)).toFixed(1)} %`,
    `${((100 * refused) / (passed + refused)).toFixed(1)} %`,
    number(lost),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
server.kill();
