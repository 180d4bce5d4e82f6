// A service that accepts a limited number of requests at once, on a simulated clock.
import assert from "node:assert/strict";
import type { Attempt, Rule } from "./limit-rules.ts";
import { normal, seeded } from "./seeded.ts";

export const duration = 300_000;
const meanLatency = 200;
const sigma = 0.5;
/** For how long after a step refusals are unavoidable: two rounds. */
const allowance = 2 * meanLatency;

/** A part of a trace: the capacity drifts from one value to another; constant if they are equal. */
export interface Part {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** @param scale the capacity is from 5 to 100 times this */
export function randomTrace(seed: number, scale = 1): Part[] {
  const random = seeded(seed);
  const draw = (): number => scale * 5 * 20 ** random();
  const parts: Part[] = [];
  for (let start = 0, capacity = draw(); start < duration;) {
    const end = start + 5_000 + 25_000 * random();
    const to = draw();
    parts.push({ start, end, from: random() < 0.5 ? capacity : to, to });
    capacity = to;
    start = end;
  }
  return parts;
}

/** A capacity that changes after 20 s. */
export function stepTrace(from: number, to: number): Part[] {
  return [
    { start: 0, end: 20_000, from, to: from },
    { start: 20_000, end: 40_000, from: to, to },
  ];
}

export interface Outcome {
  /** Successes, as a share of those of a service that is always full. */
  readonly goodput: number;
  /** Refused, of the requests that were not sent within two rounds of a step of capacity. */
  readonly refused: number;
  /** Refused, of all. */
  readonly refusedOfAll: number;
  /** After the last step: how many were refused, and milliseconds until the service was nine tenths full. */
  readonly refusedAfterStep: number;
  readonly filledAfter: number;
}

/**
 * @param refusalLatency milliseconds until a refusal is known
 * @param transit milliseconds that a request takes to the service, and a response back
 */
export function simulate(
  rule: Rule,
  trace: readonly Part[],
  refusalLatency: number,
  seed: number,
  transit = 0,
): Outcome {
  const random = seeded(seed * 7_919 + 1);
  const service = new InService();
  const refusals = new Transit();
  const arriving = new Transit();
  const returning = new Transit();
  const end = Math.min(trace.at(-1)!.end, duration);
  let part = 0;
  let now = 0;
  let done = 0;
  let sent = 0;
  let refused = 0;
  let counted = 0;
  let countedRefused = 0;
  let refusedAtStep = 0;
  let steppedAt = Number.NEGATIVE_INFINITY;
  let filledAfter = 0;
  for (;;) {
    while (now >= trace[part]!.end) {
      const before = trace[part++]!;
      const { start, from } = trace[part]!;
      if (from === before.to) continue;
      steppedAt = start;
      refusedAtStep = refused;
      filledAfter = Number.POSITIVE_INFINITY;
    }
    const { start, end: until, from, to } = trace[part]!;
    const capacity = Math.round(from + ((to - from) * (now - start)) / (until - start));
    const counts = now > steppedAt + allowance;
    const arrive = (attempt: Attempt): void => {
      sent++;
      if (counts) counted++;
      if (service.size < capacity) {
        service.add(now + meanLatency * Math.exp(sigma * normal(random) - sigma ** 2 / 2), attempt);
      } else {
        refused++;
        if (counts) countedRefused++;
        refusals.add(now + refusalLatency, attempt);
      }
    };
    while (arriving.next <= now) arrive(arriving.take());
    for (let attempt = rule.start(now); attempt !== undefined; attempt = rule.start(now)) {
      if (transit === 0) arrive(attempt);
      else arriving.add(now + transit, attempt);
    }
    if (filledAfter === Number.POSITIVE_INFINITY && service.size >= 0.9 * capacity)
      filledAfter = now - steppedAt;
    now = Math.min(service.next, refusals.next, arriving.next, returning.next);
    if (now >= end) break;
    if (service.next === now) {
      done++;
      const attempt = service.take();
      if (transit === 0) attempt.succeeded(now);
      else returning.add(now + transit, attempt);
    } else if (returning.next === now) {
      returning.take().succeeded(now);
    } else if (refusals.next === now) {
      refusals.take().refused(now);
    }
  }
  const possible = trace.reduce((sum, { start, end: until, from, to }) => {
    const last = Math.min(until, end);
    const atLast = from + ((to - from) * (last - start)) / (until - start);
    return sum + (((from + atLast) / 2) * (last - start)) / meanLatency;
  }, 0);
  return {
    goodput: done / possible,
    refused: countedRefused / counted,
    refusedOfAll: refused / sent,
    refusedAfterStep: refused - refusedAtStep,
    filledAfter,
  };
}

/** Requests being handled: a heap, the next to finish first. */
class InService {
  readonly #ends: number[] = [];
  readonly #attempts: Attempt[] = [];

  get size(): number {
    return this.#ends.length;
  }

  get next(): number {
    return this.#ends[0] ?? Number.POSITIVE_INFINITY;
  }

  add(end: number, attempt: Attempt): void {
    let place = this.#ends.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#ends[parent]! <= end) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#ends[place] = end;
    this.#attempts[place] = attempt;
  }

  take(): Attempt {
    const taken = this.#attempts[0]!;
    const end = this.#ends.pop()!;
    const attempt = this.#attempts.pop()!;
    const size = this.#ends.length;
    if (size === 0) return taken;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.#ends[child + 1]! < this.#ends[child]!) child++;
      if (this.#ends[child]! >= end) break;
      this.#move(child, place);
      place = child;
    }
    this.#ends[place] = end;
    this.#attempts[place] = attempt;
    return taken;
  }

  #move(from: number, to: number): void {
    this.#ends[to] = this.#ends[from]!;
    this.#attempts[to] = this.#attempts[from]!;
  }
}

/** A power of 2. */
const places = 2_048;

/** What is in transit: a ring, because all of it takes equally long. */
class Transit {
  readonly #ends = new Float64Array(places);
  readonly #attempts: Attempt[] = [];
  #first = 0;
  #size = 0;

  get next(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#ends[this.#first]!;
  }

  add(end: number, attempt: Attempt): void {
    assert(this.#size < places, "eight rules let no more than 1,600 through");
    const place = (this.#first + this.#size++) & (places - 1);
    this.#ends[place] = end;
    this.#attempts[place] = attempt;
  }

  take(): Attempt {
    const attempt = this.#attempts[this.#first]!;
    this.#first = (this.#first + 1) & (places - 1);
    this.#size--;
    return attempt;
  }
}
