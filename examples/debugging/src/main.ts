// Finds a deadlock, a stall and a failure. `npm start -- trace.json` writes a trace for Perfetto;
// `npm start -- --hang` hangs until Ctrl-C, for inspection from outside.
import { hang } from "./hang.ts";
import { run } from "./run.ts";

const print = (line: string): void => console.log(line);
const [argument] = process.argv.slice(2);

try {
  await (argument === "--hang" ? hang(print) : run(print, argument));
} catch (error) {
  const interrupted = error instanceof Error && error.name === "AbortError";
  console.error(
    interrupted ? "\nInterrupted: everything is closed." : `debugging: ${(error as Error).message}`,
  );
  process.exitCode ??= 1; // an interrupt has already set the code of its signal
}
