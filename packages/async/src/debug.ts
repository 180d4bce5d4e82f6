// The whole public surface of `@llx/async/debug`.
export { enableInspection, inspectJobs } from "./inspect-jobs.ts";
export type {
  InspectedCall,
  InspectedJob,
  InspectedParty,
  InspectedSemaphore,
  Inspection,
} from "./inspection.ts";
export { watchStalls, type WatchStallsOptions } from "./watch-stalls.ts";
