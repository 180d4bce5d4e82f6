#!/usr/bin/env bash
# @opentelemetry/sdk-trace 3.1.1: a `BatchSpanProcessor` with its default settings, in a program that ends 10,000 spans
# without giving the event loop a turn, exports 2,560 of them: 2,048 that its queue holds, and one batch of 512 that was
# taken out of it before. The other 7,440 are gone, though the program awaits `forceFlush` and `shutdown`: both resolve,
# nothing is thrown, and all that is said is one line at the level "debug", which has no number and is printed only by who
# has set a logger for it. A longer queue (`maxQueueSize`) keeps them all; so does a turn of the event loop now and then.
#
# Output seen:
#   { ended: 10000, exported: 2560, said: [ 'debug: maxQueueSize reached, dropping spans' ] }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @opentelemetry/api@1.10.0 @opentelemetry/sdk-trace@3.1.1
cat >program.mjs <<'END'
import { diag, DiagLogLevel } from "@opentelemetry/api";
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";

const said = [];
const say = (level) => (message) => said.push(`${level}: ${message}`);
const logger = { error: say("error"), warn: say("warn"), info: say("info"), debug: say("debug"), verbose: say("verbose") };
diag.setLogger(logger, DiagLogLevel.ALL);
said.length = 0;

const exporter = new InMemorySpanExporter();
const processor = new BatchSpanProcessor({ exporter });
const provider = new TracerProvider({ spanProcessors: [processor] });
const tracer = provider.getTracer("finding");
for (let ended = 0; ended < 10_000; ended++) tracer.startSpan("work").end();
await provider.forceFlush();
const exported = exporter.getFinishedSpans().length;
await provider.shutdown();
console.log({ ended: 10_000, exported, said });
if (exported !== 2_048 + 512) {
  console.error(`changed: ${exported} spans were exported, not 2,560`);
  process.exitCode = 1;
}
END
node program.mjs
