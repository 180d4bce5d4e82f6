import { type AnyEventEnd, type CallbackHandler, CallbackManager } from "@llx/callbacks";

class CountingHandler implements CallbackHandler {
  readonly ignoreEventEnds = ["templating"] as const;
  readonly counts = new Map<string, number>();

  onEventEnd({ type }: AnyEventEnd): void {
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
  }
}

const counting = new CountingHandler();
const manager = new CallbackManager({ handlers: [counting] });
await manager.event("query", async () => {
  await manager.event("templating", () => {});
  await manager.event("retrieve", () => {});
});
console.log(Object.fromEntries(counting.counts));
