// Asks one store many questions at once: by meaning and by words, in races, each with its own trace.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `concurrent-queries: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
