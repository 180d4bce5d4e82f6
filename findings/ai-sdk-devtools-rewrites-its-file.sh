#!/usr/bin/env bash
# @ai-sdk/devtools 1.0.22: each call of the AI SDK writes the whole of `.devtools/generations.json` anew, three times and
# synchronously: at its start, for its step, and with its result. What a call costs therefore grows with those before it, also
# those of earlier runs of the program, which the file keeps: a thousand short calls leave 1.9 MB, and have written 1,500
# times as much while the event loop stood still. Delete the file between runs, and register it for few calls.
#
# Output seen: megabytes of the file, and megabytes written, after so many calls
#   { calls: 250, file: 0.47, written: 175 }
#   { calls: 1000, file: 1.87, written: 2807 }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @ai-sdk/devtools@1.0.22 ai@7.0.173 zod@4.6.7
cat >program.mjs <<'END'
import fs from "node:fs";
import { DevToolsTelemetry } from "@ai-sdk/devtools";
import { generateText, registerTelemetry } from "ai";
import { MockLanguageModelV4 } from "ai/test";

const { writeFileSync } = fs;
let written = 0;
fs.writeFileSync = (path, data, ...rest) => {
  if (String(path).endsWith("generations.json")) written += data.length;
  return writeFileSync(path, data, ...rest);
};
registerTelemetry(DevToolsTelemetry());
const model = new MockLanguageModelV4({
  doGenerate: async () => ({
    content: [{ type: "text", text: "answer ".repeat(30) }],
    finishReason: { unified: "stop", raw: "stop" },
    usage: {
      inputTokens: { total: 50, noCache: 50, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 30, text: 30, reasoning: 0 },
    },
    warnings: [],
  }),
});
const seen = [];
for (let calls = 1; calls <= 1000; calls++) {
  await generateText({ model, prompt: "words ".repeat(30) });
  if (calls !== 250 && calls !== 1000) continue;
  const { size } = fs.statSync(".devtools/generations.json");
  seen.push({ calls, file: Number((size / 1e6).toFixed(2)), written: Math.round(written / 1e6) });
  console.log(seen.at(-1));
}
// Four times the calls, and about sixteen times as much.
if (seen[1].written < 10 * seen[0].written || seen[1].written < 500 * seen[1].file) {
  console.error("changed: it does not write all of its file with each call");
  process.exitCode = 1;
}
END
node program.mjs
