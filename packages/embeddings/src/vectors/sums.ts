import type { AnyEmbedding } from "../contract/element-type.ts";

// Four sums at once: one alone would make each addition wait for the last.

/** The sum of products. Both must have the same length. */
export function dotProduct(a: AnyEmbedding, b: AnyEmbedding): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    sum0 += a[i]! * b[i]!;
    sum1 += a[i + 1]! * b[i + 1]!;
    sum2 += a[i + 2]! * b[i + 2]!;
    sum3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) sum0 += a[i]! * b[i]!;
  return sum0 + sum1 + (sum2 + sum3);
}

/** The sum of squared differences. Both must have the same length. */
export function squaredDistance(a: AnyEmbedding, b: AnyEmbedding): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    sum0 += (a[i]! - b[i]!) ** 2;
    sum1 += (a[i + 1]! - b[i + 1]!) ** 2;
    sum2 += (a[i + 2]! - b[i + 2]!) ** 2;
    sum3 += (a[i + 3]! - b[i + 3]!) ** 2;
  }
  for (let i = whole; i < a.length; i++) sum0 += (a[i]! - b[i]!) ** 2;
  return sum0 + sum1 + (sum2 + sum3);
}

/** The length of a vector. */
export function norm(a: AnyEmbedding): number {
  return Math.sqrt(dotProduct(a, a));
}
