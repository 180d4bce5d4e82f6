import type { AnyEventStart, CallbackHandler, EventChunk } from "@llx/callbacks";

/** A handler for streams: keeps the chunks of each event, in order. It requests their content. */
export class StreamWatch implements CallbackHandler {
  readonly name = "StreamWatch";
  readonly capture = "full";
  /** By event id. */
  readonly pieces = new Map<string, string[]>();

  onEventStart({ id }: AnyEventStart): void {
    this.pieces.set(id, []);
  }

  onEventChunk({ id }: AnyEventStart, { content }: EventChunk): void {
    this.pieces.get(id)?.push(String(content));
  }
}
