// Shares three connections among many jobs. `npm start -- 1000` runs 1,000 queries.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line), Number(process.argv[2] ?? 20));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `resource-pool: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
