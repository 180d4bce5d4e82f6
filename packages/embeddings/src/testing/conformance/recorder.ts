import type { AnyEventEnd, AnyEventStart, EventType } from "@llx/callbacks";

/** Receives events as handlers do by default: without their content. */
export class Recorder {
  readonly starts: AnyEventStart[] = [];
  readonly ends: AnyEventEnd[] = [];

  onEventStart(event: AnyEventStart): void {
    this.starts.push(event);
  }

  onEventEnd(event: AnyEventEnd): void {
    this.ends.push(event);
  }

  of<T extends EventType>(type: T): Extract<AnyEventEnd, { type: T }>[] {
    return this.ends.filter((event): event is Extract<AnyEventEnd, { type: T }> => event.type === type);
  }
}
