import type { StoredTensor } from "./safetensors.ts";

/** The weights of a linear layer in 8 bits. */
export interface QuantizedWeights {
  /** `[inputs, outputs]`, the transpose of what is stored: from -63 to 63. */
  readonly numbers: Int8Array;
  /** What the numbers of each output are multiplied by. */
  readonly scales: Float32Array;
}

/**
 * The greatest number of the 8 bits: processors without VNNI add two products of an unsigned and a signed byte in 16 bits, and
 * 2 × 255 × 63 is the most that fits.
 */
const greatest = 63;

/** Quantizes each output of a linear layer, stored as `[outputs, inputs]`, by its greatest weight. */
export function quantizeWeights(tensor: StoredTensor): QuantizedWeights {
  const [outputs, inputs] = tensor.shape as readonly [number, number];
  const floats = floatsOf(tensor);
  const numbers = new Int8Array(inputs * outputs);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const row = floats.subarray(output * inputs, (output + 1) * inputs);
    let most = 0;
    for (const weight of row) most = Math.max(most, Math.abs(weight));
    if (most === 0) continue;
    const scale = most / greatest;
    scales[output] = scale;
    for (let input = 0; input < inputs; input++) {
      numbers[input * outputs + output] = Math.round(row[input]! / scale);
    }
  }
  return { numbers, scales };
}

/** The numbers of a tensor; Node 22 has no `Float16Array`. */
function floatsOf({ dtype, bytes }: StoredTensor): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (dtype === "F32") {
    return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
  }
  const floats = new Float32Array(bytes.length / 2);
  const patterns = new Uint32Array(floats.buffer);
  for (let index = 0; index < floats.length; index++) {
    const bits = view.getUint16(2 * index, true);
    if (dtype === "BF16") patterns[index] = bits << 16;
    else floats[index] = halfOf(bits);
  }
  return floats;
}

/** A half: a sign, 5 bits of an exponent, 10 of a fraction. */
function halfOf(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits >>> 15 === 1 ? -size : size;
}
