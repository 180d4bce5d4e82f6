// The whole public surface. An addition needs a reason.
export { EventIdGenerator } from "./event-id-generator.ts";
export { lostSpanWarnings } from "./lost-span-warnings.ts";
export { OpenTelemetryHandler, type OpenTelemetryHandlerOptions } from "./opentelemetry-handler.ts";
