import type { LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { EventContext } from "@llx/callbacks";
import { type CallResult, endPayloadOf } from "./end-payload.ts";

type Stream = ReadableStream<LanguageModelV4StreamPart>;

/**
 * The parts of a stream, each read inside an event. The event ends with the stream, with an error, when the stream is
 * cancelled, and when the signal is aborted, because the consumer may have stopped reading.
 */
export function streamInEvent(
  stream: Stream,
  event: EventContext<"llm">,
  signal: AbortSignal | undefined,
): Stream {
  const reader = stream.getReader();
  const result = new StreamedResult();
  const fail = (error: unknown): void => {
    signal?.removeEventListener("abort", onAbort);
    event.set(endPayloadOf(result));
    event.fail(error);
  };
  const onAbort = (): void => fail(signal?.reason);
  const end = (): void => {
    if (result.failed) return fail(result.error);
    signal?.removeEventListener("abort", onAbort);
    event.onEnd(endPayloadOf(result));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();

  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value: part } = await event.run(() => reader.read());
          if (done) {
            end();
            return controller.close();
          }
          result.add(part);
          if (part.type === "text-delta") event.chunk(part.delta);
          controller.enqueue(part);
        } catch (error) {
          fail(error);
          controller.error(error);
          await reader.cancel(error);
        }
      },
      async cancel(reason) {
        try {
          end();
        } finally {
          await reader.cancel(reason);
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** What a stream has produced so far. */
class StreamedResult implements CallResult {
  readonly content: LanguageModelV4Content[] = [];
  finishReason: CallResult["finishReason"];
  usage: CallResult["usage"];
  response: CallResult["response"];
  failed = false;
  error: unknown;

  add(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case "text-delta":
        this.#addText(part.delta);
        break;
      case "tool-call":
        this.content.push(part);
        break;
      case "response-metadata":
        this.response = part;
        break;
      case "error":
        this.failed = true;
        this.error = part.error;
        break;
      case "finish":
        this.usage = part.usage;
        this.finishReason = part.finishReason;
        break;
      default:
    }
  }

  #addText(delta: string): void {
    const last = this.content.at(-1);
    if (last?.type === "text") last.text += delta;
    else this.content.push({ type: "text", text: delta });
  }
}
