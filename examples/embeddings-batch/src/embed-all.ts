import { embedBatchJob, type EmbedBatchJobOptions } from "@llx/embeddings-batch";

interface Options extends EmbedBatchJobOptions {
  /** Closes the run when so many batches are done, as the end of its process would. */
  readonly closeAfter?: number;
  /** The time at the service. */
  clock(): string;
  print(line: string): void;
}

/** Embeds texts, or goes on with them where the last call has stopped. */
export async function embedAll(
  texts: AsyncIterable<string>,
  { closeAfter = Number.POSITIVE_INFINITY, clock, print, ...options }: Options,
): Promise<void> {
  await using run = await embedBatchJob(texts, { ...options, pauses: { first: 50, longest: 200 } });
  let count = 0;
  for await (const { index, error } of run.results()) {
    count++;
    if (error) print(`  text ${index} has failed: ${error.message}`);
    if (run.progress().batches.done >= closeAfter) return;
  }
  const { embedded, failed, batches } = await run.finished();
  print(
    `  ${count} results: ${embedded} embedded, ${failed} failed, in ${batches.done} batches, after ${clock()}`,
  );
}
