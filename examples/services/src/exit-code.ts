// The same program, for a platform that takes any exit code but 0 for a failure.
import { asyncRun } from "@llx/async";
import { main } from "./service.ts";

await asyncRun(main).catch((error: Error) => {
  if (error.name !== "AbortError" || process.exitCode !== 143) throw error;
  process.exit(0); // also if something was abandoned that would keep the process alive
});
