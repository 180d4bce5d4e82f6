import type { Exchange, OpenResponse } from "./exchange.ts";
import type { RequestWatch } from "./request-watch.ts";

/** The body of a response chunk by chunk. Nothing is read before it is requested. */
export function chunkStream(
  exchange: Exchange,
  { body, limit }: OpenResponse,
  watch: RequestWatch,
): ReadableStream<Uint8Array> {
  // The headers have arrived in time; the time for the first chunk starts when it is requested.
  watch.removeLimit();
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  const release = (): void => {
    body.destroy();
    watch.finish();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        watch.ended.catch((error: unknown) => {
          controller.error(error);
          release();
        });
      },
      async pull(controller) {
        exchange.limitWait("sent nothing more");
        try {
          const { done, value } = await chunks.next();
          watch.removeLimit();
          if (!done) {
            limit.count(value.length);
            controller.enqueue(value);
          } else {
            watch.finish();
            controller.close();
          }
        } catch (error) {
          const failure = exchange.failure(error);
          release();
          throw failure;
        }
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
}
