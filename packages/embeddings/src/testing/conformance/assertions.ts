import assert from "node:assert/strict";
import { inspect } from "node:util";

/** Different texts, long enough to be looked for in what is shown. */
export function passages(count: number, topic = "lease"): string[] {
  return Array.from({ length: count }, (_, index) => `${secretBeginning} of the ${topic}, number ${index}.`);
}

/** So begins each of the {@link passages}. */
export const secretBeginning = "Confidential passage";

/** @returns what the promise is rejected with */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  return assert.fail(`${what} must be rejected, but was fulfilled with ${inspect(value, { depth: 0 })}`);
}

/** @returns the error that the promise is rejected with */
export async function rejectionError(promise: Promise<unknown>, what: string): Promise<ErrorFields> {
  const error = await rejection(promise, what);
  assert(
    error instanceof Error,
    `${what} must be rejected with an Error, not ${inspect(error, { depth: 0 })}`,
  );
  return error;
}

/** What errors of this contract may have. */
export interface ErrorFields extends Error {
  readonly status?: unknown;
  readonly provider?: unknown;
  readonly requestId?: unknown;
  readonly retryable?: unknown;
  readonly retryAfter?: unknown;
  readonly failed?: unknown;
  readonly partial?: unknown;
}

/** A call that is looked at later: that it fails before is no error of its own. */
export function underWay<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {});
  return call;
}

/** Checks that numbers are the same, floats up to what is lost when they are scaled. */
export function assertVector(came: unknown, expected: ArrayLike<number>, what: string): void {
  assert(ArrayBuffer.isView(came), `${what} must be a typed array, not ${inspect(came, { depth: 0 })}`);
  const vector = came as Float32Array;
  assert.equal(
    vector.length,
    expected.length,
    `${what} has ${vector.length} numbers, not ${expected.length}`,
  );
  const tolerance = vector instanceof Float32Array ? 1e-5 : 0;
  for (let i = 0; i < expected.length; i++) {
    if (Math.abs(vector[i]! - expected[i]!) <= tolerance) continue;
    assert.fail(`${what} is another vector: number ${i} is ${vector[i]}, and must be ${expected[i]}`);
  }
}

/** Checks that a message tells of an index, as a number that stands alone. */
export function assertNames(error: Error, index: number): void {
  const { message } = error;
  assert.match(message, new RegExp(`(?<![\\d.])${index}(?![\\d.])`), `the message must name index ${index}`);
}

/** The errors of texts that have no embedding, by their index. */
export function failures(failed: unknown): { readonly indexes: number[]; readonly errors: ErrorFields[] } {
  assert(Array.isArray(failed), "failed must be an array");
  const rows = failed as readonly { readonly index: number; readonly error: ErrorFields }[];
  return { indexes: rows.map(({ index }) => index), errors: rows.map(({ error }) => error) };
}
