import type { AnyEventStart, CallbackHandler, EventChunk } from "@llx/callbacks";

/** A handler of streams: keeps the pieces of each event, in order. It asks to see them. */
export class StreamWatch implements CallbackHandler {
  readonly name = "StreamWatch";
  readonly capture = "full";
  /** By the id of the event. */
  readonly pieces = new Map<string, string[]>();

  onEventStart({ id }: AnyEventStart): void {
    this.pieces.set(id, []);
  }

  onEventChunk({ id }: AnyEventStart, { content }: EventChunk): void {
    this.pieces.get(id)?.push(String(content));
  }
}
