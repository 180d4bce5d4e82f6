// How long 64 requests take, one in sixteen of them slow, relative to a list schedule of the same times.
import { fork } from "node:child_process";
import { once } from "node:events";
import { seeded } from "../async/seeded.ts";
import { median } from "../harness.ts";
import { listSchedule } from "../list-schedule.ts";
import { clients, type Task, workers } from "./clients.ts";

const requests = 64;
const batchSize = 4;
const rounds = 3;

const random = seeded(7);
/** In milliseconds: 200 ± 20 %; one of each sixteen requests takes 10 times as long. */
const waits = Array.from({ length: requests }, (_, at) =>
  Math.round((at % 16 === 5 ? 10 : 1) * 200 * (0.8 + 0.4 * random())),
);
const texts = waits.flatMap((wait, at) =>
  Array.from({ length: batchSize }, (_, inside) => `wait ${wait} for text ${inside} of request ${at}`),
);
const ideal = listSchedule(waits, workers);

const server = fork(new URL("server.ts", import.meta.url));
const [port] = (await once(server, "message")) as [number];
const task: Task = { url: `http://127.0.0.1:${port}`, texts, dimensions: 8, format: "float", batchSize };

console.log(
  `\n**${requests} requests, one in sixteen ten times slower, ${workers} at once** (Node ${process.versions.node}, ` +
    `median of ${rounds} rounds; the list schedule takes ${(ideal / 1000).toFixed(2)} s)\n`,
);
console.log("| | s | vs. list schedule |\n| --- | ---: | ---: |");
for (const name of ["ours", "raw", "openai", "langchain", "ai"]) {
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await clients[name]!(task);
    // The first round loads the code.
    if (round >= 0) times.push(performance.now() - start);
  }
  console.log(`| ${name} | ${(median(times) / 1000).toFixed(2)} | ${(median(times) / ideal).toFixed(2)} |`);
}
server.kill();
