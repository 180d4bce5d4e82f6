import { Agent, request } from "node:http";
import { once } from "node:events";
import { Client } from "pg";
import { seeded } from "../async/seeded.ts";
import { contestants, type Setting } from "./contestants.ts";

/** One of the processes of a run: loops that send one request after another, as the limiter allows, until it is killed. */
export interface WorkOptions extends Setting {
  readonly contestant: string;
  /** Its number. */
  readonly from: number;
  readonly servicePort: number;
  /** Requests at once, at most. */
  readonly workers: number;
}

/** What it has counted so far. */
export interface WorkCounts {
  readonly acquired: number;
  /** Queries to PostgreSQL. (The calls of Redis are counted by Redis.) */
  readonly queries: number;
}

const options = JSON.parse(process.argv[2]!) as WorkOptions;
const { from, servicePort, workers } = options;
const agent = new Agent({ keepAlive: true, maxSockets: workers });
const random = seeded(1_000 + from);
let [acquired, queries] = [0, 0];

// oxlint-disable-next-line typescript/unbound-method -- called with its object below
const query = Client.prototype.query as (...given: unknown[]) => unknown;
Object.assign(Client.prototype, {
  query(this: Client, ...given: unknown[]): unknown {
    queries++;
    return query.apply(this, given);
  },
});

async function send(path: string): Promise<void> {
  const sent = request({ host: "127.0.0.1", port: servicePort, method: "POST", path, agent }).end();
  const [response] = (await once(sent, "response")) as [NodeJS.ReadableStream];
  response.resume();
  await once(response, "end");
}

const acquire = await contestants[options.contestant]!.open(options);
// Opens the connections, and warms up.
for (let round = 0; round < 5; round++) {
  // oxlint-disable-next-line no-await-in-loop -- one round after another
  await Promise.all(Array.from({ length: workers }, () => send("/warm-up")));
}
queries = 0;

async function work(): Promise<void> {
  for (;;) {
    const tokens = 800 + Math.floor(1_601 * random());
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await acquire(tokens);
    acquired++;
    // oxlint-disable-next-line no-await-in-loop
    await send(`/?tokens=${tokens}&process=${from}`);
  }
}

process.on("message", (message: "go" | "count") => {
  if (message === "go") for (let n = 0; n < workers; n++) void work();
  else process.send?.({ acquired, queries } satisfies WorkCounts);
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
