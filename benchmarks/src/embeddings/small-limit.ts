import { fork } from "node:child_process";
import { once } from "node:events";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { chunks } from "@llx/async";
import { embedMany } from "ai";
import pMap from "p-map";
import { number } from "../harness.ts";
import { servedModel } from "./served-model.ts";

/** 5,000 texts in 50 requests, to a service that accepts 10 of them in a second: at best 4.2 s. */
const texts = Array.from({ length: 5_000 }, (_, index) => `text number ${index}`);
const inputs = 100;
const runs = 3;

/** Embeds all texts. */
type Client = (url: string) => Promise<unknown>;

async function ours(url: string, workers: number | undefined): Promise<void> {
  await using model = servedModel(url, inputs, { workers });
  await model.getTextEmbeddingBatch(texts);
}

function ai(url: string, concurrency: number): Promise<unknown> {
  const provider = createOpenAICompatible({ name: "served", apiKey: "any", baseURL: `${url}/v1` });
  const model = provider.embeddingModel("served");
  return pMap(chunks(texts, inputs), (values) => embedMany({ model, values, maxRetries: 10 }), {
    concurrency,
  });
}

const clients: Readonly<Record<string, Client>> = {
  "ours, as it is": (url) => ours(url, undefined),
  "ours, 8 workers": (url) => ours(url, 8),
  "ai with p-map, 4 at once": (url) => ai(url, 4),
  "ai with p-map, 8 at once": (url) => ai(url, 8),
};

for (const kind of ["sliding", "fixed"]) {
  const server = fork(new URL("plain-limited-server.ts", import.meta.url), [kind]);
  // oxlint-disable-next-line no-await-in-loop -- one after another
  const [port] = (await once(server, "message")) as [number];
  const url = `http://127.0.0.1:${port}`;
  const counts = async () =>
    (await (await fetch(url)).json()) as { passed: number; refused: number; early: number };
  console.log(
    `\n**50 requests to a service that accepts 10 in a second (${kind} window), and refuses with \`Retry-After: 1\`** ` +
      `(median of ${runs} runs, Node ${process.versions.node})\n`,
  );
  console.log("| | seconds | refused requests | sent again before the second was over |");
  console.log("| --- | ---: | ---: | ---: |");
  for (const [name, client] of Object.entries(clients)) {
    const seen: { seconds: number; refused: number; early: number }[] = [];
    for (let run = 0; run < runs; run++) {
      // Windows of the last run must be over.
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      // oxlint-disable-next-line no-await-in-loop
      await counts();
      const start = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      await client(url);
      const seconds = (performance.now() - start) / 1000;
      // oxlint-disable-next-line no-await-in-loop
      seen.push({ seconds, ...(await counts()) });
    }
    const middle = (figure: "seconds" | "refused" | "early"): number =>
      seen.map((each) => each[figure]).toSorted((one, other) => one - other)[Math.floor(runs / 2)]!;
    console.log(
      `| ${name} | ${middle("seconds").toFixed(1)} | ${number(middle("refused"))} | ${number(middle("early"))} |`,
    );
  }
  server.kill();
}
