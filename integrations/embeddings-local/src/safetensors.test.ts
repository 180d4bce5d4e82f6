import { expect, it } from "vitest";
import { readSafetensors } from "./safetensors.ts";

function fileOf(header: object, data: readonly number[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  // In the middle of a buffer, as Node gives small files.
  return new Uint8Array(Buffer.concat([Buffer.of(9, 9, 9), length, text, Buffer.from(data)])).subarray(3);
}

const header = {
  __metadata__: { format: "pt" },
  bias: { dtype: "F16", shape: [2], data_offsets: [2, 6] },
  scale: { dtype: "I8", shape: [2, 1], data_offsets: [0, 2] },
};

it("reads tensors by name, without a copy", () => {
  const file = fileOf(header, [1, 2, 3, 4, 5, 6]);
  const tensors = readSafetensors(file);
  expect([...tensors]).toEqual([
    ["bias", { dtype: "F16", shape: [2], bytes: Uint8Array.of(3, 4, 5, 6) }],
    ["scale", { dtype: "I8", shape: [2, 1], bytes: Uint8Array.of(1, 2) }],
  ]);
  expect(tensors.get("bias")!.bytes.buffer).toBe(file.buffer);
});

it("refuses a file that is not complete", () => {
  expect(() => readSafetensors(fileOf(header, [1, 2, 3]))).toThrow(
    "the weights bias are cut off: the file is not complete",
  );
});
