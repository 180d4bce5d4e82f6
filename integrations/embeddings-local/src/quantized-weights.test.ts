import { expect, it } from "vitest";
import { quantizeWeights } from "./quantized-weights.ts";

/** Two outputs of three inputs each, and one without weights. */
const numbers = [6.3, -1, 0.06, -0.63, 0.3, 0, 0, 0, 0];

const float32 = new Uint8Array(Float32Array.from(numbers).buffer);

it("scales each output by its greatest weight, and transposes", () => {
  const { numbers: quantized, scales } = quantizeWeights({ dtype: "F32", shape: [3, 3], bytes: float32 });
  expect([...quantized]).toEqual([63, -63, 0, -10, 30, 0, 1, 0, 0]);
  expect([...scales]).toEqual(
    [Math.fround(6.3 / 63), Math.fround(0.63 / 63), 0].map((each) => expect.closeTo(each, 6)),
  );
});

it("reads halves and brain floats", () => {
  // 1, -2, 2^-24 (a denormal half), 0.5; and 1, -2, 0, 0.5.
  const half = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x3800).buffer);
  const brain = new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x0000, 0x3f00).buffer);
  for (const [dtype, bytes] of [
    ["F16", half],
    ["BF16", brain],
  ] as const) {
    const quantized = quantizeWeights({ dtype, shape: [2, 2], bytes });
    expect([...quantized.scales]).toEqual([Math.fround(2 / 63), Math.fround(0.5 / 63)]);
    // Of 1 and -2: round(31.5) and -63; of nothing and 0.5: 0 and 63.
    expect([...quantized.numbers]).toEqual([32, 0, -63, 63]);
  }
});
