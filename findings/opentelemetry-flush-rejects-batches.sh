#!/usr/bin/env bash
# @opentelemetry/sdk-trace 3.1.1 with @opentelemetry/exporter-trace-otlp-http 0.301.0: `forceFlush` and `shutdown` of a
# provider with a `BatchSpanProcessor` hand all batches that wait to the exporter at once, and the exporter refuses what is
# beyond its `concurrencyLimit` (30) instead of letting it wait. So with batches of 512, no more than 15,360 spans outlive a
# shutdown, however large `maxQueueSize` was made so that none are dropped. The promise rejects as soon as the first batch is
# refused, that of `forceFlush` with a list of errors in place of one: whoever ends the process there, as after any failed
# flush, loses the 30 that are on their way as well. A larger `maxExportBatchSize` keeps all.
#
# Output seen, of 60,000 spans that are ended in one turn, with `maxQueueSize: 65_536` and a collector that answers at once:
#   {
#     forceFlush: { told: 'Error: Concurrent export limit reached', isError: false, arrivedByThen: 0, arrived: 15360 },
#     shutdown: { told: 'Error: Concurrent export limit reached', isError: true, arrivedByThen: 0, arrived: 15360 },
#     largerBatches: { told: 'resolved', isError: false, arrivedByThen: 60000, arrived: 60000 }
#   }
#
# Exits with 0 while this is so, after some seconds. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent @opentelemetry/api@1.10.0 @opentelemetry/sdk-trace@3.1.1 @opentelemetry/exporter-trace-otlp-http@0.301.0
cat >program.mjs <<'END'
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** What the method tells that is to send 60,000 spans, and how many a collector gets. */
async function send(method, options) {
  let arrived = 0;
  const collector = createServer(async (request, response) => {
    const { resourceSpans } = await json(request);
    for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) arrived += spans.length;
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");

  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${collector.address().port}/v1/traces` });
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 65_536, ...options });
  const provider = new TracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer("finding");
  for (let ended = 0; ended < 60_000; ended++) tracer.startSpan("work").end();
  const error = await provider[method]().catch((reason) => reason);
  const arrivedByThen = arrived;
  await setTimeout(3_000); // for all that is still under way, and for any other attempt
  collector.close();
  collector.closeAllConnections();
  return { told: error === undefined ? "resolved" : String(error), isError: error instanceof Error, arrivedByThen, arrived };
}
const forceFlush = await send("forceFlush");
const shutdown = await send("shutdown");
const largerBatches = await send("shutdown", { maxExportBatchSize: 4_096 });
console.log({ forceFlush, shutdown, largerBatches });
for (const { told, arrived } of [forceFlush, shutdown]) {
  if (told.endsWith("Concurrent export limit reached") && arrived === 30 * 512) continue;
  console.error(`changed: ${arrived} spans arrived, not 15,360, and it tells: ${told}`);
  process.exitCode = 1;
}
END
node program.mjs
