import type { ElementType, InputType } from "@llx/embeddings";
import type { BatchInput, EmbeddingBatchService } from "@llx/embeddings/batch";
import { PartTexts } from "../files/part-texts.ts";

/** Bytes that are given to the service at once. */
const chunkSize = 262_144;
const linesPerBlock = 64;

/** The input of a batch, made from the texts of a part whenever it is read. */
export async function roundInput<E extends ElementType>(
  name: string,
  path: string,
  positions: readonly number[] | undefined,
  service: EmbeddingBatchService<E>,
  inputType: InputType,
): Promise<BatchInput> {
  let [texts, bytes] = [0, 0];
  for await (const lines of blocks()) {
    for (const line of lines) bytes += Buffer.byteLength(line);
    texts += lines.length;
  }
  return { name, texts, bytes, open: chunks };

  /** Some lines at once: a turn for each would take longer than the line. */
  async function* blocks(): AsyncGenerator<string[]> {
    const part = await PartTexts.open(path);
    try {
      const count = positions?.length ?? part.count;
      let lines: string[] = [];
      for (let at = 0; at < count; at++) {
        const position = positions?.[at] ?? at;
        const stored = part.read(position);
        // oxlint-disable-next-line no-await-in-loop -- one after another
        const text = typeof stored === "string" ? stored : await stored;
        lines.push(service.line(String(position), text, inputType));
        if (lines.length < linesPerBlock) continue;
        yield lines;
        lines = [];
      }
      yield lines;
    } finally {
      await part.close();
    }
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let chunk = Buffer.allocUnsafeSlow(chunkSize);
    let size = 0;
    for await (const lines of blocks()) {
      for (const line of lines) {
        const length = Buffer.byteLength(line);
        if (size + length > chunk.length) {
          if (size > 0) yield chunk.subarray(0, size);
          // The one before may still be on its way.
          chunk = Buffer.allocUnsafeSlow(Math.max(chunkSize, length));
          size = 0;
        }
        size += chunk.write(line, size);
      }
    }
    if (size > 0) yield chunk.subarray(0, size);
  }
}
