import { openRun } from "@llx/embeddings-batch";

/** Reads the results of a run, weeks later: without the service, and without the queue. */
export async function readStored(directory: string, print: (line: string) => void): Promise<void> {
  await using stored = await openRun(directory);
  let [count, dimensions] = [0, 0];
  for await (const { embedding } of stored.results({ ordered: true })) {
    if (embedding === undefined) continue;
    count++;
    dimensions = embedding.length;
  }
  print(`\nStored: ${count} embeddings of ${stored.model} with ${dimensions} dimensions.`);
  const first = await stored.at(0);
  print(`Text 0 is ${JSON.stringify(first?.text)}.`);
}
