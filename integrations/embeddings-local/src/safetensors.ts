/** A tensor of a file: its bytes are a view of the file's. */
export interface StoredTensor {
  /** Its element type, such as `F16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Little-endian, row by row. */
  readonly bytes: Uint8Array;
}

/**
 * The tensors of a safetensors file, by name.
 *
 * @throws Error if the file is not complete
 * @see https://github.com/huggingface/safetensors#format
 */
export function readSafetensors(file: Uint8Array): ReadonlyMap<string, StoredTensor> {
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  const data = 8 + length;
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, data))) as Record<string, HeaderEntry>;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [start, end] = offsets;
    if (data + end > file.length)
      throw new Error(`the weights ${name} are cut off: the file is not complete`);
    tensors.set(name, { dtype, shape, bytes: file.subarray(data + start, data + end) });
  }
  return tensors;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [start: number, end: number];
}
