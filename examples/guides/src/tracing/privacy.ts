// Which handlers see texts.
import { type AnyEventEnd, type CallbackHandler, CallbackManager, type Capture } from "@llx/callbacks";

const printer = (name: string, capture: Capture): CallbackHandler => ({
  name,
  capture,
  onEventEnd: ({ payload }: AnyEventEnd) => console.log(name, payload),
});

const manager = new CallbackManager({
  handlers: [printer("facts:", "sizes"), printer("all:", "full")],
  redact(payload, { type }) {
    return type === "query" ? { ...payload, content: "removed" } : payload;
  },
});

const question = "what is my balance?";
await manager.event("retrieve", { topK: 3, content: () => ({ query: question }) }, () => {});
await manager.event("query", { content: () => ({ query: question }) }, () => {});
