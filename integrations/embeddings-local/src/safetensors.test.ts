import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readTensors } from "./safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "llx-safetensors-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(header: object, data: readonly number[]): string {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  const path = join(folder, "model.safetensors");
  writeFileSync(path, Buffer.concat([length, text, Buffer.from(data)]));
  return path;
}

const header = {
  __metadata__: { format: "pt" },
  bias: { dtype: "F16", shape: [2], data_offsets: [2, 6] },
  scale: { dtype: "I8", shape: [2, 1], data_offsets: [0, 2] },
};

it("reads tensors by name, without a copy", () => {
  const tensors = readTensors(fileOf(header, [1, 2, 3, 4, 5, 6]));
  expect([...tensors]).toEqual([
    ["bias", { dtype: "F16", shape: [2], bytes: Uint8Array.of(3, 4, 5, 6) }],
    ["scale", { dtype: "I8", shape: [2, 1], bytes: Uint8Array.of(1, 2) }],
  ]);
  expect(tensors.get("bias")!.bytes.buffer).toBe(tensors.get("scale")!.bytes.buffer);
});

it("refuses a file that is not complete", () => {
  expect(() => readTensors(fileOf(header, [1, 2, 3]))).toThrow(
    "the weights bias are cut off: the file is not complete",
  );
});

it.each([
  { dtype: "F16", shape: [2], data_offsets: [4, 2] },
  { dtype: "F16", shape: [-2], data_offsets: [0, 4] },
  { dtype: "F16", shape: 2, data_offsets: [0, 4] },
  { dtype: 16, shape: [2], data_offsets: [0, 4] },
  { dtype: "F16", shape: [2], data_offsets: [0] },
])("refuses a header with %o", (entry) => {
  expect(() => readTensors(fileOf({ bias: entry }, [1, 2, 3, 4]))).toThrow("for bias");
});
