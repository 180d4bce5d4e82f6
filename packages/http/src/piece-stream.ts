import type { Exchange, GoodAnswer } from "./exchange.ts";
import type { RequestWatch } from "./request-watch.ts";

/** An answer's body piece by piece. Nothing is read that nobody asked for. */
export function pieceStream(
  exchange: Exchange,
  { body, limit }: GoodAnswer,
  watch: RequestWatch,
): ReadableStream<Uint8Array> {
  // The time to the headers is over, and the first piece is waited for when somebody asks for it.
  watch.unlimit();
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
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
        exchange.limitPiece();
        try {
          const { done, value } = await pieces.next();
          watch.unlimit();
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
