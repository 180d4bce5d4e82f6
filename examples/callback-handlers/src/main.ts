// Observes embedding calls with one handler of each kind. `npm start -- 5000` embeds 5,000 texts.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line), Number(process.argv[2] ?? 12));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `callback-handlers: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
