// The whole public surface. An addition needs a reason.
export {
  type LlmEventMiddleware,
  llmEventMiddleware,
  type LlmEventMiddlewareOptions,
} from "./llm-event-middleware.ts";
