// Embeds texts in batches, closes the run in between, and goes on. `npm start -- 5000` embeds 5,000.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line), Number(process.argv[2] ?? 1_000));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `embeddings-batch: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
