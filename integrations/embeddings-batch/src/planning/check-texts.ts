import { setImmediate } from "node:timers/promises";
import type { ElementType, InputType } from "@llx/embeddings";
import type { EmbeddingBatchService } from "@llx/embeddings/batch";
import { describeKind } from "@llx/support";
import { storedFailure } from "../files/stored-failure.ts";

/** Checked before others get their turn. */
const textsAtOnce = 1_000;

/** @throws TypeError or RangeError with the index of the first text that cannot be sent */
export async function checkTexts<E extends ElementType>(
  texts: readonly unknown[],
  service: EmbeddingBatchService<E>,
  inputType: InputType,
): Promise<void> {
  for (const [index, text] of texts.entries()) {
    if (typeof text !== "string") {
      throw new TypeError(`texts[${index}] must be a string, not ${describeKind(text)}`);
    }
    try {
      lineBytes(service, String(index), text, inputType);
    } catch (error) {
      throw withIndex(error, index);
    }
    // oxlint-disable-next-line no-await-in-loop -- that is the point
    if (index % textsAtOnce === textsAtOnce - 1) await setImmediate();
  }
}

/**
 * Bytes of the line of a text.
 *
 * @throws TypeError or RangeError for a text that cannot be sent, or does not fit into any batch
 */
export function lineBytes<E extends ElementType>(
  service: EmbeddingBatchService<E>,
  id: string,
  text: string,
  inputType: InputType,
): number {
  const size = Buffer.byteLength(service.line(id, text, inputType));
  const { bytes } = service.batchLimits;
  if (size > bytes) {
    throw new RangeError(
      `the text takes ${size} bytes, and a batch of ${service.provider} ${bytes} at most. Split the text`,
    );
  }
  return size;
}

function withIndex(error: unknown, index: number): unknown {
  const message = `texts[${index}] cannot be sent: ${storedFailure(error, String(index)).message}`;
  // Not as the cause, which would call the text by another name.
  if (error instanceof RangeError) return new RangeError(message);
  return error instanceof TypeError ? new TypeError(message) : error;
}
