/** Whole numbers from `from` to `to`, both included; without an end where `to` is absent. */
interface Range {
  readonly from: number;
  readonly to?: number | undefined;
}

/**
 * The values that each field of a request accepts: some of them, ranges of whole numbers (`{ from: 1, to: 1024 }`), or
 * `"any"`: it may be left out or have any value. A field that accepts `undefined` may be left out.
 */
export type FakeFields = Readonly<
  Record<string, "any" | readonly (string | number | boolean | null | undefined | Range)[]>
>;

/** The checked values of the fields. */
export type FakeFieldValues<F extends FakeFields> = {
  readonly [Name in keyof F]: F[Name] extends readonly (infer Value)[]
    ? Value extends Range
      ? number
      : Value
    : unknown;
};

/** Names the first field with a value that is not accepted. */
export function fieldProblem(
  given: Readonly<Record<string, unknown>>,
  fields: FakeFields,
): string | undefined {
  for (const [name, accepted] of Object.entries(fields)) {
    const value = given[name];
    if (accepted === "any" || accepted.some((each) => (isRange(each) ? isIn(each, value) : each === value)))
      continue;
    const shown = accepted
      .filter((each) => each !== null && each !== undefined)
      .map((each) => (isRange(each) ? rangeText(each) : String(each)));
    if (shown.length === 0) return `${name} is not supported`;
    return `${name} must be ${accepted.some(isRange) ? "" : "one of "}${shown.join(", ")}`;
  }
  return undefined;
}

function isRange(value: unknown): value is Range {
  return typeof value === "object" && value !== null;
}

function isIn({ from, to = Infinity }: Range, value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

function rangeText({ from, to }: Range): string {
  return `a whole number from ${from}${to === undefined ? "" : ` to ${to}`}`;
}
