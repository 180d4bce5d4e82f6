import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { median, number } from "../harness.ts";
import { defaultBatchSize, workers } from "./clients.ts";
import { type Bar, plot } from "./plot.ts";

/** What one run of `measure.ts` has printed. */
interface Run {
  /** CPU milliseconds of all threads of the client's process, and wall-clock milliseconds. */
  readonly cpu: number;
  readonly wall: number;
  /** Bytes retained by the result, after a garbage collection. */
  readonly bytes: number;
}

/** The peers that request this format by default. */
const sections = [
  { format: "base64", dimensions: 1024, peers: ["openai", "langchain"] },
  { format: "base64", dimensions: 1536, peers: ["openai", "langchain"] },
  { format: "float", dimensions: 1024, peers: ["ai"] },
  { format: "float", dimensions: 1536, peers: ["ai"] },
] as const;

const quick = process.argv.includes("--quick");
const texts = quick ? 2_000 : 50_000;
const rounds = quick ? 1 : 5;

const server = fork(new URL("server.ts", import.meta.url));
const [port] = (await once(server, "message")) as [number];

function measure(client: string, dimensions: number, format: string): Run {
  const script = new URL("measure.ts", import.meta.url).pathname;
  const url = `http://127.0.0.1:${port}`;
  const args = ["--expose-gc", script, client, url, String(dimensions), format, String(texts)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Run;
}

const bars: Bar[] = [];
for (const { format, dimensions, peers } of sections) {
  const clients = ["raw", "ours", ...peers];
  const runs = new Map<string, Run[]>(clients.map((client) => [client, []]));
  for (let round = 0; round < rounds; round++) {
    for (const client of clients) {
      // It takes so long that one round has to suffice.
      if (client === "ai" && round > 0) continue;
      runs.get(client)!.push(measure(client, dimensions, format));
    }
  }
  const of = (client: string, figure: keyof Run): number[] => runs.get(client)!.map((run) => run[figure]);
  const ratio = (client: string, base: string, figure: keyof Run): string =>
    median(of(client, figure).map((value, round) => value / of(base, figure)[round]!)).toFixed(2);
  console.log(
    `\n**${number(texts)} texts, ${dimensions} dimensions, ${format}, batches of ${defaultBatchSize}, ${workers} at once** ` +
      `(Node ${process.versions.node}, median of ${rounds} rounds)\n`,
  );
  console.log("| | CPU ms | vs. raw | vs. ours | wall ms | vs. raw | retained, vs. 4 bytes per number |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const client of clients) {
    const cpu = median(of(client, "cpu"));
    bars.push({ section: `${dimensions} dimensions, ${format}`, client, cpu: cpu / 1000 });
    const kept = median(of(client, "bytes")) / (4 * dimensions * texts);
    const cells = [
      client,
      number(Math.round(cpu)),
      ratio(client, "raw", "cpu"),
      ratio(client, "ours", "cpu"),
      number(Math.round(median(of(client, "wall")))),
      ratio(client, "raw", "wall"),
      kept.toFixed(2),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
server.kill();
if (!quick) {
  const title = `Client CPU seconds for ${number(texts)} texts (Node ${process.versions.node})`;
  await plot(title, bars, new URL("../../../docs/images/embeddings-cpu.svg", import.meta.url));
}
