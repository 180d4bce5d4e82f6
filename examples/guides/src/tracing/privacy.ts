// Who sees texts.
import { type AnyEventEnd, type CallbackHandler, CallbackManager, type Capture } from "@llx/callbacks";

const shower = (name: string, capture: Capture): CallbackHandler => ({
  name,
  capture,
  onEventEnd: ({ payload }: AnyEventEnd) => console.log(name, payload),
});

const manager = new CallbackManager({
  handlers: [shower("facts:", "sizes"), shower("all:", "full")],
  redact(payload, { type }) {
    return type === "query" ? { ...payload, content: "removed" } : payload;
  },
});

const question = "what is my balance?";
await manager.event("retrieve", { topK: 3, content: () => ({ query: question }) }, () => {});
await manager.event("query", { content: () => ({ query: question }) }, () => {});
