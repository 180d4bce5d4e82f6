// instrumentation.ts: `next start` answers the requests in flight after SIGTERM; this closes what is ours.
import { closeSearch } from "./instance.ts";

export function register(): void {
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return;
  process.once("SIGTERM", () => void closeSearch());
}
