// The whole public surface. An addition needs a reason.
export { type CallbackHandler, type Capture, type EventChunk } from "./events/callback-handler.ts";
export {
  CallbackManager,
  type CallbackManagerOptions,
  type EventOptions,
  type Sample,
} from "./events/callback-manager.ts";
export type { ChromeTrace } from "./handlers/chrome-trace.ts";
export {
  DebugHandler,
  type DebugHandlerOptions,
  type DebugSnapshot,
  type EventPair,
  type LoggedEvent,
} from "./handlers/debug-handler.ts";
export type { HandlerErrorInfo, OnHandlerError } from "./events/dispatcher.ts";
export type { EventContext } from "./events/event-context.ts";
export type { AnyEventEnd, AnyEventStart, EventEnd, EventStart, EventStatus } from "./events/event-record.ts";
export type { StreamSource } from "./events/event-stream.ts";
export {
  defineEventType,
  type EndPayload,
  type EventPayloads,
  EventType,
  type EventVector,
  type BareEventType,
  type PayloadArgument,
  type PayloadInput,
  type StartPayload,
  type Usage,
} from "./events/event-type.ts";
export { currentCallbackManager, setGlobalHandlers } from "./events/global-handlers.ts";
export { type Logger, PrintingHandler, type PrintingHandlerOptions } from "./handlers/printing-handler.ts";
export type { ServiceUsage } from "./events/read-usage.ts";
export type { Redact, RedactInfo } from "./events/redact.ts";
export type { SerializedEvent } from "./events/serialized-event.ts";
export type { EventTimeInfo } from "./handlers/time-info.ts";
export {
  TokenBudgetError,
  TokenCountingHandler,
  type TokenCountingHandlerOptions,
  type Tokenizer,
} from "./handlers/token-counting-handler.ts";
export { type CurrentTrace, currentTrace, type TraceInfo, type TraceMap } from "./events/trace.ts";
export type { TraceHandle } from "./events/trace-handle.ts";
export type { Sink } from "./handlers/trace-tree.ts";
export {
  continueTrace,
  serializeTrace,
  type TraceCarrier,
  type TraceSource,
} from "./events/trace-carrier.ts";
export { traced, type TracedDecorator } from "./events/traced.ts";
