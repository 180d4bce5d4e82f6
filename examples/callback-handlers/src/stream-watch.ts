import type { AnyEventStart, CallbackHandler, EventChunk } from "@llx/callbacks";

/** A handler for streams: keeps the chunks of each event, in order. It requests their content. */
export class StreamWatch implements CallbackHandler {
  readonly name = "StreamWatch";
  readonly capture = "full";
  /** By event id. */
  readonly chunks = new Map<string, string[]>();

  onEventStart({ id }: AnyEventStart): void {
    this.chunks.set(id, []);
  }

  onEventChunk({ id }: AnyEventStart, { content }: EventChunk): void {
    this.chunks.get(id)?.push(String(content));
  }
}
