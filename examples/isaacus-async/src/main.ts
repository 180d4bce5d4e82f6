// Embeds four clauses with Isaacus, one by one and together, and compares a question with each.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `isaacus-async: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
