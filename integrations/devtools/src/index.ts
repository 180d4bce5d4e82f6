// The whole public surface. An addition needs a reason.
export { DevtoolsHandler, type DevtoolsHandlerOptions } from "./handler/devtools-handler.ts";
export type {
  DeadlockRecord,
  DevtoolsRecord,
  EndRecord,
  EventRecord,
  ExitRecord,
  PricesRecord,
  ProcessRecord,
  RecordedBudget,
  RecordedCall,
  RecordedError,
  RecordedJob,
  RecordedParty,
  RecordedRate,
  RecordedSemaphore,
  RecordHead,
  SkippedRecord,
  StallRecord,
  StartRecord,
  StateRecord,
  WarningRecord,
} from "./record/devtools-record.ts";
export { readRecord, RecordError } from "./record/read-record.ts";
