// Asks many questions of one store at once: by meaning and by words, in races, each with a trace of its own.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: nothing is left open." : `concurrent-queries: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has set the code of its signal
}
