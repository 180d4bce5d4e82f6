import type { ElementType, InputType } from "@llx/embeddings";
import type { BatchInput, EmbeddingBatchService } from "@llx/embeddings/batch";
import { PartTexts } from "../files/part-texts.ts";

/** Bytes that are given to the service at once. */
const chunkSize = 262_144;

/** The input of a batch, made from the texts of a part whenever it is read. */
export async function roundInput<E extends ElementType>(
  name: string,
  path: string,
  positions: readonly number[] | undefined,
  service: EmbeddingBatchService<E>,
  inputType: InputType,
): Promise<BatchInput> {
  let [texts, bytes] = [0, 0];
  for await (const line of lines()) {
    texts++;
    bytes += line.length;
  }
  return { name, texts, bytes, open: chunks };

  async function* lines(): AsyncGenerator<Buffer> {
    const part = await PartTexts.open(path);
    try {
      const count = positions?.length ?? part.count;
      for (let at = 0; at < count; at++) {
        const position = positions?.[at] ?? at;
        // oxlint-disable-next-line no-await-in-loop -- one after another
        yield Buffer.from(service.line(String(position), await part.read(position), inputType));
      }
    } finally {
      await part.close();
    }
  }

  async function* chunks(): AsyncGenerator<Uint8Array> {
    let chunk: Buffer[] = [];
    let size = 0;
    for await (const line of lines()) {
      chunk.push(line);
      size += line.length;
      if (size < chunkSize) continue;
      yield Buffer.concat(chunk, size);
      chunk = [];
      size = 0;
    }
    if (size > 0) yield Buffer.concat(chunk, size);
  }
}
