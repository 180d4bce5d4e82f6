// What an estimate of time is worth: made before a run against a limited service, compared with the run.
//   node time-estimate.ts
import { fork } from "node:child_process";
import { once } from "node:events";
import type { EmbeddingModelOptions } from "@llx/embeddings";
import { median } from "../harness.ts";
import { servedModel } from "./served-model.ts";

/** It accepts 10 requests in any second, and responds after 100 to 200 ms. */
const service = new URL("plain-limited-server.ts", import.meta.url);
const runs = 3;
const inputs = 100;
const tenPerSecond = { limit: 10, interval: 1_000 };
/** The service counts when a request arrives. */
const slightlyBelow = { limit: 9, interval: 1_000 };

interface Case {
  readonly requests: number;
  readonly options: EmbeddingModelOptions;
  /** Milliseconds for a request, if it is stated; otherwise as measured in a few requests. */
  readonly latency?: number | undefined;
}

const cases: Readonly<Record<string, Case>> = {
  "9 requests a second declared, 4 workers": {
    requests: 100,
    options: { rate: { requests: slightlyBelow }, workers: 4 },
  },
  "the same, latency stated": {
    requests: 100,
    options: { rate: { requests: slightlyBelow }, workers: 4 },
    latency: 150,
  },
  "1 worker: the latency decides": {
    requests: 60,
    options: { rate: { requests: tenPerSecond }, workers: 1 },
  },
  "400 texts a second declared, 8 workers": {
    requests: 40,
    options: { rate: { inputs: { limit: 400, interval: 1_000 } }, workers: 8 },
  },
  "7,200 tokens a second declared, 8 workers": {
    requests: 60,
    // The service reports 8 tokens for each text: 9 requests of 800.
    options: {
      rate: { tokens: { limit: 7_200, interval: 1_000 } },
      workers: 8,
      countTokens: () => 8,
    },
  },
  "nothing declared, 1 worker": { requests: 40, options: { workers: 1 } },
};

const server = fork(service, ["sliding"]);
const [port] = (await once(server, "message")) as [number];
const url = `http://127.0.0.1:${port}`;

/** Until the windows of earlier requests are over. */
async function rest(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await fetch(url);
}

async function measure({ requests, options, latency }: Case) {
  await using model = servedModel(url, inputs, options);
  await rest();
  if (latency === undefined) {
    for (let request = 0; request < 11; request++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await model.getTextEmbedding(`a text to measure ${request}`);
    }
  }
  await rest();
  const texts = Array.from({ length: requests * inputs }, (_, index) => `text number ${index}`);
  const estimate = await model.estimate(texts, { latency });
  const start = performance.now();
  await model.getTextEmbeddingBatch(texts);
  const elapsed = performance.now() - start;
  const { passed, refused } = (await (await fetch(url)).json()) as { passed: number; refused: number };
  if (passed !== estimate.requests) throw new Error(`${passed} requests, and ${estimate.requests} estimated`);
  return { estimated: estimate.duration / 1_000, elapsed: elapsed / 1_000, refused };
}

console.log(
  `**Time of a run, estimated before it, against a service that accepts 10 requests in any second** ` +
    `(median of ${runs} runs, Node ${process.versions.node})\n`,
);
console.log("| | requests | estimated, s | run, s | error | refused |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
for (const [name, each] of Object.entries(cases)) {
  const seen: Awaited<ReturnType<typeof measure>>[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one after another
  for (let run = 0; run < runs; run++) seen.push(await measure(each));
  const estimated = median(seen.map((one) => one.estimated));
  const elapsed = median(seen.map((one) => one.elapsed));
  const error = (estimated / elapsed - 1) * 100;
  const cells = [
    name,
    String(each.requests),
    estimated.toFixed(1),
    elapsed.toFixed(1),
    `${error < 0 ? "−" : "+"}${Math.abs(error).toFixed(0)} %`,
    String(median(seen.map((one) => one.refused))),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
server.kill();
