/**
 * The vector of length 1 with the same direction, in one new array. Anything else than a list of numbers with a length is
 * returned as it is: the check of the response says what is wrong with it.
 */
export function normalized<T>(values: T): T | Float32Array {
  if (!Array.isArray(values)) return values;
  const numbers = values as readonly unknown[];
  let squares = 0;
  for (const value of numbers) {
    if (typeof value !== "number") return values;
    squares += value * value;
  }
  if (squares === 0 || !Number.isFinite(squares)) return values;
  const length = Math.sqrt(squares);
  const vector = new Float32Array(numbers.length);
  for (let i = 0; i < vector.length; i++) vector[i] = (numbers[i] as number) / length;
  return vector;
}
