import assert from "node:assert/strict";
import { inspect } from "node:util";

/** Distinct texts, long enough to be searched for in output. */
export function passages(count: number, topic = "lease"): string[] {
  return Array.from({ length: count }, (_, index) => `${secretBeginning} of the ${topic}, number ${index}.`);
}

/** The beginning of each of the {@link passages}. */
export const secretBeginning = "Confidential passage";

/** @returns the reason that the promise is rejected with */
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

/** Fields of the errors of this contract. */
export interface ErrorFields extends Error {
  readonly status?: unknown;
  readonly provider?: unknown;
  readonly requestId?: unknown;
  readonly retryable?: unknown;
  readonly retryAfter?: unknown;
  readonly failed?: unknown;
  readonly partial?: unknown;
}

/** Marks the rejection of a call as handled: it is checked later. */
export function handled<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {});
  return call;
}

/** Checks that numbers are equal, floats up to rounding errors. */
export function assertVector(received: unknown, expected: ArrayLike<number>, what: string): void {
  assert(
    ArrayBuffer.isView(received),
    `${what} must be a typed array, not ${inspect(received, { depth: 0 })}`,
  );
  const vector = received as Float32Array;
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

/** Checks that a message names an index, as a separate number. */
export function assertNames(error: Error, index: number, advice = ""): void {
  const { message } = error;
  const wanted = `the message must name index ${index}${advice}`;
  assert.match(message, new RegExp(`(?<![\\d.])${index}(?![\\d.])`), wanted);
}

/** The errors of texts without an embedding, by index. */
export function failures(failed: unknown): { readonly indexes: number[]; readonly errors: ErrorFields[] } {
  assert(Array.isArray(failed), "failed must be an array");
  const rows = failed as readonly { readonly index: number; readonly error: ErrorFields }[];
  return { indexes: rows.map(({ index }) => index), errors: rows.map(({ error }) => error) };
}

/** The properties of an object that the other has too. */
export function pick(object: object, names: object): object {
  return Object.fromEntries(Object.keys(names).map((name) => [name, Reflect.get(object, name)]));
}

/** Compares the id that a response or an error has with the one that the service has sent in this header. */
export function assertRequestId(header: string, found: unknown, sent: string): void {
  assert.equal(
    found,
    sent,
    `the request id must be ${sent}, from the header ${header}, not ${String(found)}: return the response's ` +
      "`requestId`; if the header is not one that `HttpClient` knows, name it in its option `requestIdHeader`",
  );
}
