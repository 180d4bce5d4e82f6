// The local model beside other libraries that compute the same weights on this machine, two threads: short texts, long ones, and
// the paragraphs of the guides. They are installed in a temporary folder, which takes 700 MB, or are in the given one.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Embedding, similarity } from "@llx/embeddings";
import { median } from "../harness.ts";
import type { Embedded } from "./local-peer-process.ts";
import { writePeerModel } from "./peer-model.ts";

const rounds = 3;
const peers = ["@huggingface/transformers@4.3.2", "fastembed@2.1.0"];
const names = ["ours", "ours, int8", "@huggingface/transformers", "fastembed"];

const root = join(import.meta.dirname, "../../..");
const given = process.argv[2];
const folder = given ?? mkdtempSync(join(tmpdir(), "llx-bench-"));
if (given === undefined) {
  // Their binaries for this machine are in the packages: what their scripts would download is not needed.
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", ...peers], {
    cwd: folder,
  });
}
await writePeerModel(join(folder, "models/minilm"), "onnx/model.onnx");
await writePeerModel(join(folder, "models/fast-all-MiniLM-L6-v2"), "model.onnx");

const script = join(import.meta.dirname, "local-peer-process.ts");
const processes = new Map(names.map((name) => [name, start(name)]));

function start(name: string): ChildProcess {
  const child = fork(script, [name, folder], { serialization: "advanced" });
  child.on("exit", (code) => assert.equal(code, 0, `${name} has failed`));
  return child;
}

async function embed(child: ChildProcess, texts: readonly string[]): Promise<Embedded> {
  child.send(texts);
  const [answer] = (await once(child, "message")) as [Embedded];
  return answer;
}

const sentence = "The moon makes the tides rise and fall on every coast of the world.";
const paragraphs = globSync("docs/guides/*.md", { cwd: root })
  .toSorted()
  .flatMap((path) => readFileSync(join(root, path), "utf8").split(/\n{2,}/))
  .filter((text) => /^[A-Z]/.test(text) && text.length > 40);
const sections = [
  {
    title: "15 tokens",
    texts: Array.from({ length: 64 }, (_, i) => `Number ${i}: the moon, the tides and bread.`),
  },
  {
    title: "205 tokens",
    texts: Array.from({ length: 32 }, (_, i) => `Number ${i}. ${sentence} `.padEnd(880, `${sentence} `)),
  },
  { title: "paragraphs of the guides", texts: paragraphs.slice(0, 64) },
];

console.log(
  `\n**The same weights in other libraries, two threads** (Node ${process.versions.node}, median of ${rounds} rounds; ` +
    `${peers.join(", ")})\n`,
);
console.log(`| time ÷ ours | ${names.slice(1).join(" | ")} |\n| --- |${" ---: |".repeat(names.length - 1)}`);
const least = new Map<string, number>();
for (const { title, texts } of sections) {
  const times = new Map(names.map((name) => [name, [] as number[]]));
  let exact: readonly Embedding[] = [];
  // The first round warms up.
  for (let round = -1; round < rounds; round++) {
    for (const [name, child] of processes) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is the point
      const { milliseconds, vectors } = await embed(child, texts);
      if (name === "ours") exact = vectors;
      if (round >= 0) times.get(name)!.push(milliseconds);
      const alike = vectors.map((vector, index) => similarity(vector, exact[index]!));
      least.set(name, Math.min(least.get(name) ?? 1, ...alike));
    }
  }
  const ours = times.get("ours")!;
  const ratios = names.slice(1).map((name) => {
    return median(times.get(name)!.map((time, round) => time / ours[round]!)).toFixed(2);
  });
  console.log(`| ${title} | ${ratios.join(" | ")} |`);
}
const cosines = names.slice(1).map((name) => least.get(name)!.toFixed(4));
console.log(`| least cosine with ours | ${cosines.join(" | ")} |`);
for (const child of processes.values()) child.disconnect();
if (given === undefined) rmSync(folder, { recursive: true });
