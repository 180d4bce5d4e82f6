import type { Buffer } from "node:buffer";
import { type ElementType, layouts } from "./element-type.ts";

const isBigEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 0;

/** Turns the bytes of an array, in place, from this machine's order into little-endian, or back. */
export function swapIfBigEndian(bytes: Buffer, elementType: ElementType): void {
  if (isBigEndian && layouts[elementType].bytes === 4) bytes.swap32();
}
