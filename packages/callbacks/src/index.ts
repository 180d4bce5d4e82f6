// The whole public surface. An addition needs a reason.
export { type CallbackHandler, type Capture, type EventChunk } from "./callback-handler.ts";
export {
  CallbackManager,
  type CallbackManagerOptions,
  type EventOptions,
  type Sample,
} from "./callback-manager.ts";
export type { ChromeTrace } from "./chrome-trace.ts";
export {
  DebugHandler,
  type DebugHandlerOptions,
  type DebugSnapshot,
  type EventPair,
  type LoggedEvent,
} from "./debug-handler.ts";
export type { HandlerErrorInfo, OnHandlerError } from "./dispatcher.ts";
export type { EventContext } from "./event-context.ts";
export type { AnyEventEnd, AnyEventStart, EventEnd, EventStart, EventStatus } from "./event-record.ts";
export type { StreamSource } from "./event-stream.ts";
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
} from "./event-type.ts";
export { currentCallbackManager, setGlobalHandlers } from "./global-handlers.ts";
export { type Logger, PrintingHandler, type PrintingHandlerOptions } from "./printing-handler.ts";
export type { ServiceUsage } from "./read-usage.ts";
export type { Redact, RedactInfo } from "./redact.ts";
export type { SerializedEvent } from "./serialized-event.ts";
export type { EventTimeInfo } from "./time-info.ts";
export {
  TokenBudgetError,
  TokenCountingHandler,
  type TokenCountingHandlerOptions,
  type Tokenizer,
} from "./token-counting-handler.ts";
export { type CurrentTrace, currentTrace, type TraceInfo, type TraceMap } from "./trace.ts";
export type { TraceHandle } from "./trace-handle.ts";
export type { Sink } from "./trace-tree.ts";
export { continueTrace, serializeTrace, type TraceCarrier, type TraceSource } from "./trace-carrier.ts";
export { traced, type TracedDecorator } from "./traced.ts";
