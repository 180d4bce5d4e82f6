// The whole public surface of `@llx/async/debug`.
export { enableInspection, inspectJobs } from "./inspect/inspect-jobs.ts";
export type {
  InspectedBudget,
  InspectedCall,
  InspectedDeadlock,
  InspectedJob,
  InspectedParty,
  InspectedRate,
  InspectedSemaphore,
  Inspection,
} from "./inspect/inspection.ts";
export { watchStalls, type WatchStallsOptions } from "./inspect/watch-stalls.ts";
