// Calls a language model through the Vercel AI SDK. `npm start -- 500` asks 500 questions.
import { run } from "./run.ts";

try {
  await run((line) => console.log(line), Number(process.argv[2] ?? 12));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `llm-calls: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
