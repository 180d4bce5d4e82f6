#!/usr/bin/env bash
# ai 7.0.173: `maxParallelCalls` of `embedMany`, the "maximum number of concurrent requests", is the size of a wave and not
# of a window: so many requests start together, and the next ones only when all of these are over. A slow one, or one that
# waits for its next attempt, leaves the others' places empty: where every second request takes ten times as long, two at
# once are hardly faster than one after another.
#
# Output seen: what starts before the first of nine requests is answered, with `maxParallelCalls: 3`, though all the others
# are answered at once; and then
#   { besideTheSlowOne: [ 0, 1, 2 ], afterIt: [ 3, 4, 5, 6, 7, 8 ] }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent ai@7.0.173 zod@4.6.7
cat >program.mjs <<'END'
import { setTimeout } from "node:timers/promises";
import { embedMany } from "ai";

const started = [];
const slow = Promise.withResolvers();
const model = {
  specificationVersion: "v4",
  provider: "own",
  modelId: "any",
  maxEmbeddingsPerCall: 1,
  supportsParallelCalls: true,
  async doEmbed({ values: [value] }) {
    started.push(Number(value));
    if (value === "0") await slow.promise;
    return { embeddings: [[1]], usage: { tokens: 1 }, warnings: [] };
  },
};
const values = ["0", "1", "2", "3", "4", "5", "6", "7", "8"];
const embedded = embedMany({ model, values, maxParallelCalls: 3 });
await setTimeout(500); // by now a window of three is through with all the others
const besideTheSlowOne = [...started];
slow.resolve();
await embedded;
const afterIt = started.slice(besideTheSlowOne.length);
console.log({ besideTheSlowOne, afterIt });
if (besideTheSlowOne.join() !== "0,1,2" || afterIt.length !== 6) {
  console.error("changed: others start while the slow one runs");
  process.exitCode = 1;
}
END
node program.mjs
