// The same program, for a platform that takes any exit code but 0 for a failure.
import { asyncRun } from "@llx/async";
import { answerWithin } from "./search.ts";
import { main, report } from "./service.ts";

await asyncRun(main, { grace: answerWithin + 5_000 }).catch((error: Error) => {
  // What is not the AbortError of the signal alone says what has failed, or which requests were cut: not 0.
  if (error.name !== "AbortError" || process.exitCode !== 143) return report(error);
  process.exit(0);
});
