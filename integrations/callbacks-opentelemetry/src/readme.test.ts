import { readFile } from "node:fs/promises";
import { CallbackManager, setGlobalHandlers } from "@llx/callbacks";
import { context, metrics, trace } from "@opentelemetry/api";
import { afterEach, expect, it, vi } from "vitest";
import { OtlpReceiver } from "./testing/otlp-receiver.ts";
import { readJsonSpans } from "./testing/read-otlp-spans.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  setGlobalHandlers([]);
  for (const api of [context, metrics, trace]) api.disable();
});

it("shows the set-up of an SDK that works", async () => {
  const here = (path: string): URL => new URL(path, import.meta.url);
  const readme = await readFile(here("../README.md"), "utf8");
  const setUp = await readFile(here("testing/telemetry.ts"), "utf8");
  expect(readme).toContain(`\`\`\`\n${setUp}\`\`\`\n`);

  await using receiver = await new OtlpReceiver().listen();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url);
  const { shutDown } = await import("./testing/telemetry.ts");
  await new CallbackManager().event("embedding", { model: "small" }, () => {});
  await shutDown();
  const traces = receiver.exports.find(({ path }) => path === "/v1/traces");
  expect(readJsonSpans(traces!.body).map(({ name }) => name)).toEqual(["embeddings small"]);
  const exported = receiver.exports.find(({ path }) => path === "/v1/metrics");
  expect(exported?.body.toString()).toContain("gen_ai.client.operation.duration");
});
