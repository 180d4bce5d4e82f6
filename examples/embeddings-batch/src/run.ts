import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncRun } from "@llx/async";
import { openaiBatches } from "@llx/embeddings-openai/batch";
import { createJobQueue } from "@llx/jobs-pgboss";
import { embedAll } from "./embed-all.ts";
import { readStored } from "./read-stored.ts";
import { startService } from "./service.ts";
import { passages } from "./passages.ts";

/** Runs all parts of the example in a temporary directory, against a service on this machine whose hours pass in seconds. */
export async function run(print: (line: string) => void, count: number): Promise<void> {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`the number of texts must be a whole number from 1, not ${count}`);
  }
  const folder = await mkdtemp(join(tmpdir(), "embeddings-batch-"));
  try {
    await asyncRun(async ({ signal, own }) => {
      const standIn = own(await startService());
      const queue = own(await createJobQueue({ directory: join(folder, "jobs") }));
      // The limit of the service is 50,000 texts in a batch.
      const service = own(
        openaiBatches({
          apiKey: standIn.apiKey,
          baseUrl: standIn.url,
          provider: "openai",
          dimensions: 256,
          batchLimits: { inputs: 200 },
        }),
      );
      const directory = join(folder, "run");
      const options = { service, queue, directory, signal };

      print(`${count} texts.`);
      const { clock } = standIn;
      await embedAll(passages(count), { ...options, closeAfter: 1, clock, print });
      print("\nThe run was closed. The same call again:");
      await embedAll(passages(count), { ...options, clock, print });
      const { uploaded, twice } = standIn;
      print(
        `The service has received ${uploaded} batches, ${twice} of them twice, and keeps ${standIn.files} files.`,
      );

      await readStored(directory, print);
      assert.equal(twice, 0, "a batch was submitted twice");
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
