// Ingests a folder with several processes that share one queue.
import { readArguments, usage, UsageError } from "./arguments.ts";
import { run } from "./run.ts";

try {
  const args = readArguments(process.argv.slice(2), process.env);
  if (args.help) console.log(usage);
  else await run(args, (line) => console.log(line));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  const message = error instanceof Error ? error.message : String(error);
  console.error(
    interrupted
      ? "\nInterrupted: what is stored is kept, and what is queued waits; start again to go on."
      : `ingestion-distributed: ${message}`,
  );
  process.exitCode ??= error instanceof UsageError ? 2 : 1; // an interrupt has already set the code of its signal
}
