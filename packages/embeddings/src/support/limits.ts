import { checkCount, checkNames } from "@llx/support";
import { checkObject } from "./check-object.ts";

type Names<Name extends string> = Readonly<Record<Name, true>>;

/** Limits by name: whole numbers, or absent. */
type Limits<Name extends string> = { readonly [N in Name]?: number | undefined };

/**
 * @param required the one that must not be absent
 * @param option what messages call them
 * @param foreign what to use in place of other names
 * @throws TypeError or RangeError for an unknown limit, and for one that is not a whole number from 1
 */
export function checkLimits<Name extends string>(
  limits: Limits<Name>,
  names: Names<Name>,
  required?: Name,
  option = "limits",
  foreign: Readonly<Record<string, string>> = { texts: `it is called ${option}.inputs` },
): void {
  checkObject(option, limits);
  checkNames(limits, names, foreign, `${option}.`);
  for (const name of Object.keys(names) as Name[]) {
    const value: unknown = limits[name];
    if (value === undefined && name !== required) continue;
    checkCount(`${option}.${name}`, value);
  }
}

/**
 * The declared limits with others in place of some.
 *
 * @param option what messages call them
 * @throws TypeError or RangeError for an unknown limit, and for one that is not a whole number from 1
 */
export function withLimits<Name extends string, L extends Limits<Name>>(
  declared: L,
  given: Partial<L> | undefined,
  names: Names<Name>,
  option = "limits",
): L {
  if (given === undefined) return declared;
  checkLimits<Name>(given, names, undefined, option);
  const changed = (Object.keys(names) as Name[]).filter((name) => given[name] !== undefined);
  return { ...declared, ...Object.fromEntries(changed.map((name) => [name, given[name]])) };
}
