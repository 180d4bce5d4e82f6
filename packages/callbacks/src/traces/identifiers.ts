import { randomFillSync } from "node:crypto";

/** Random bytes for many identifiers at once: a call of `randomFillSync` for each would cost a microsecond. */
const pool = Buffer.allocUnsafe(4096);
let position = pool.length;

function randomHex(bytes: number): string {
  if (position + bytes > pool.length) {
    randomFillSync(pool);
    position = 0;
  }
  position += bytes;
  return pool.toString("hex", position - bytes, position);
}

/** 32 hexadecimal digits, as W3C Trace Context names a trace. */
export const newTraceId = (): string => randomHex(16);

/** 16 hexadecimal digits, as W3C Trace Context names one span of a trace. */
export const newEventId = (): string => randomHex(8);
