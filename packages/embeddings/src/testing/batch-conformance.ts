import assert from "node:assert/strict";
import { BatchBench } from "./batch-conformance/batch-bench.ts";
import { managing } from "./batch-conformance/managing.ts";
import { reading } from "./batch-conformance/reading.ts";
import { submitting } from "./batch-conformance/submitting.ts";
import type { BatchConformanceSubject } from "./batch-conformance-subject.ts";
import { startBatchServer } from "./batches/batch-server.ts";
import type { ConformanceSettings, ConformanceTest } from "./conformance-subject.ts";
import type { ConformanceRunner } from "./register-conformance.ts";
import { defaultTimeLimit } from "./run-case.ts";

/**
 * The tests that every batch service must pass, for any runner: see `registerBatchConformance`. Each has a server, services
 * and a time limit of its own.
 */
export function batchConformance(
  subject: BatchConformanceSubject,
  { timeLimit = defaultTimeLimit }: ConformanceSettings = {},
): ConformanceTest[] {
  return [...submitting, ...reading, ...managing].map(({ name, run }) => ({
    name,
    async run() {
      const server = await startBatchServer(subject.service);
      const bench = new BatchBench(subject, server);
      const { promise: late, reject } = Promise.withResolvers<never>();
      const message = `"${name}" did not finish within ${timeLimit} ms`;
      const timer = setTimeout(() => reject(new assert.AssertionError({ message })), timeLimit);
      try {
        await Promise.race([run(bench), late]);
      } finally {
        clearTimeout(timer);
        await bench.close();
      }
    },
  }));
}

/**
 * Registers the tests that every batch service must pass.
 *
 * @example
 * ```ts
 * import { describe, it } from "vitest"; // or from "node:test"
 * registerBatchConformance({ name: "mine", service: fake, create: myBatches }, { describe, it });
 * ```
 */
export function registerBatchConformance(
  subject: BatchConformanceSubject,
  { describe, it }: ConformanceRunner,
  { timeLimit = defaultTimeLimit }: ConformanceSettings = {},
): void {
  // The runner's limit is longer than that of the tests, whose message says more.
  const timeout = timeLimit + 5_000;
  describe(`${subject.name} meets the contract of batches`, () => {
    for (const { name, run } of batchConformance(subject, { timeLimit })) it(name, run, timeout);
  });
}
