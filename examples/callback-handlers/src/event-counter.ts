import type { AnyEventEnd, CallbackHandler } from "@llx/callbacks";

/** A synchronous handler: counts ended events by type. */
export class EventCounter implements CallbackHandler {
  readonly name = "EventCounter";
  readonly counts = new Map<string, number>();

  onEventEnd({ type }: AnyEventEnd): void {
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
  }
}
