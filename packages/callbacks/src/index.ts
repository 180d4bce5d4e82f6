// The whole public surface. An addition needs a reason.
export type { CallbackHandler, Capture, EventChunk } from "./contract/callback-handler.ts";
export type { AnyEventEnd, AnyEventStart, EventEnd, EventStart, EventStatus } from "./contract/event.ts";
export type { EventContext, EventOptions } from "./contract/event-context.ts";
export type { EventTags } from "./contract/event-tags.ts";
export {
  type BareEventType,
  type EndPayload,
  type EventLink,
  type EventPayloads,
  EventType,
  type EventVector,
  type PayloadArgument,
  type PayloadInput,
  type StartPayload,
} from "./contract/event-type.ts";
export type { TraceHandle } from "./contract/trace-handle.ts";
export type { TraceInfo, TraceMap } from "./contract/trace-info.ts";
export type { ServiceUsage, Usage } from "./contract/usage.ts";
export type { HandlerErrorInfo, OnHandlerError } from "./delivery/dispatcher.ts";
export { defineEventType } from "./events/define-event-type.ts";
export type { StreamSource } from "./events/event-stream.ts";
export type { ChromeTrace } from "./handlers/chrome-trace.ts";
export {
  DebugHandler,
  type DebugHandlerOptions,
  type DebugSnapshot,
  type EventPair,
  type LoggedEvent,
  type OpenEventInfo,
} from "./handlers/debug-handler.ts";
export { type Logger, PrintingHandler, type PrintingHandlerOptions } from "./handlers/printing-handler.ts";
export type { EventTimeInfo } from "./handlers/time-info.ts";
export {
  TokenBudgetError,
  type TokenCount,
  TokenCountingHandler,
  type TokenCountingHandlerOptions,
  type Tokenizer,
} from "./handlers/token-counting-handler.ts";
export type { Sink } from "./handlers/trace-tree.ts";
export { CallbackManager, type CallbackManagerOptions } from "./manager/callback-manager.ts";
export type { Sample } from "./manager/sample.ts";
export { currentCallbackManager, setGlobalHandlers } from "./manager/global-handlers.ts";
export { traceMethods, type TraceMethodsOptions } from "./manager/trace-methods.ts";
export {
  type RecordingDecorator,
  traced,
  type TracedDecorator,
  type TracedOptions,
  tracedSync,
  type TracedSyncDecorator,
} from "./manager/traced.ts";
export type { Redact, RedactInfo } from "./payloads/redact.ts";
export type { SerializedEvent } from "./traces/serialized-event.ts";
export { type CurrentTrace, currentTrace } from "./traces/trace.ts";
export {
  continueTrace,
  serializeTrace,
  type TraceCarrier,
  type TraceSource,
} from "./traces/trace-carrier.ts";
export { withTags } from "./traces/with-tags.ts";
