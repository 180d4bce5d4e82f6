// The whole public surface. An addition needs a reason.
export { LlmEventHandler, type LlmEventHandlerOptions } from "./llm-event-handler.ts";
