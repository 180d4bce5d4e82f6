import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { type PlannedFault, startEmbeddingServer } from "../../packages/embeddings/dist/testing.js";
import { fakeOpenai } from "../../integrations/embeddings-openai/dist/testing.js";
import { median } from "../median.ts";
import { seeded } from "../seeded.ts";

/** How long it runs: 2 minutes, or as many seconds as this variable says, such as an hour. */
const seconds = Number(process.env["LLX_SOAK_SECONDS"] ?? 120);
const dimensions = 64;

/** Faults that pass: the next attempt may succeed. */
const faults: readonly PlannedFault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503, headers: { "retry-after": "0" } },
  { kind: "status", status: 429, headers: { "retry-after-ms": "5" } },
  { kind: "html", status: 502 },
  { kind: "reset" },
  { kind: "reset", when: "body" },
  { kind: "silent" },
  { kind: "silent", after: "headers" },
  { kind: "silent", after: "body" },
  { kind: "truncated" },
  { kind: "truncated", how: "json" },
  { kind: "notJson" },
  { kind: "empty" },
  { kind: "notFinite" },
  { kind: "badBase64", how: "characters" },
  { kind: "missing" },
  { kind: "extra" },
  { kind: "delay", ms: 50 },
  { kind: "shuffled" },
];

interface Sample {
  readonly memory: number;
  readonly resources: number;
  readonly listeners: number;
}

interface Found {
  readonly texts: number;
  readonly wrong: number;
  readonly lost: number;
  readonly samples: readonly Sample[];
}

it(
  `embeds for ${seconds} s with 2 % faults: no vector is wrong or lost, and nothing stays behind`,
  { timeout: (seconds + 60) * 1_000 },
  async () => {
    await using server = await startEmbeddingServer(fakeOpenai({ apiKey: "sk-soak" }));
    const random = seeded(1);
    const faultOrNone = (): PlannedFault =>
      random() < 0.02 ? faults[Math.floor(random() * faults.length)] : "none";
    let served = 0;
    let planned = 0;
    // For each request. The server would keep those of an hour, which are gigabytes.
    void server.until(() => {
      served += (server.requests as unknown[]).splice(0).length;
      for (; planned < served + 1_000; planned++) server.plan(faultOrNone());
      return false;
    });
    const options = JSON.stringify({ baseUrl: `${server.url}/v1`, seconds, dimensions });
    const { stdout, stderr } = await promisify(execFile)(resolve("node_modules/.bin/node"), [
      "--expose-gc",
      resolve("tests/long/fixtures/soak-client.mjs"),
      options,
    ]);
    const { texts, wrong, lost, samples } = JSON.parse(stdout) as Found;
    console.log(`${texts} texts, ${served} requests`);
    expect({ stderr, wrong, lost }).toEqual({ stderr: "", wrong: 0, lost: 0 });
    expect(texts).toBeGreaterThan(1_000);
    // The first third warms up.
    const third = Math.floor(samples.length / 3);
    const [early, late] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
    for (const name of ["memory", "resources", "listeners"] as const) {
      const [before, after] = [early, late].map((part) => median(part.map((sample) => sample[name])));
      console.log(`${name}: ${before} → ${after}`);
      expect(after, name).toBeLessThanOrEqual(before! * 1.02);
    }
    expect(server.connections).toBe(0);
  },
);
