import type { LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { EventContext } from "@llx/callbacks";
import { type Answer, answerOf } from "./answer-of.ts";

type Stream = ReadableStream<LanguageModelV4StreamPart>;

/**
 * The parts of a stream, each read inside an event. It ends with the answer, with an error, when the stream is
 * cancelled, and when the signal is aborted, as nobody may be reading any more.
 */
export function streamInEvent(
  stream: Stream,
  event: EventContext<"llm">,
  signal: AbortSignal | undefined,
): Stream {
  const reader = stream.getReader();
  const answer = new StreamedAnswer();
  const fail = (error: unknown): void => {
    signal?.removeEventListener("abort", onAbort);
    event.set(answerOf(answer));
    event.fail(error);
  };
  const onAbort = (): void => fail(signal?.reason);
  const end = (): void => {
    if (answer.failed) return fail(answer.error);
    signal?.removeEventListener("abort", onAbort);
    event.onEnd(answerOf(answer));
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
          answer.add(part);
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

/** What a stream has told so far. */
class StreamedAnswer implements Answer {
  readonly content: LanguageModelV4Content[] = [];
  finishReason: Answer["finishReason"];
  usage: Answer["usage"];
  response: Answer["response"];
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
