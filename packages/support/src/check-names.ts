import { checkOptions } from "./checks.ts";

/** The names of all options of a type. */
export type NamesOf<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Options that are `undefined` count as absent, except for foreign names.
 *
 * @param known the names of all options
 * @param foreign options that have another name in other libraries or had one here earlier, each with a hint
 * @param prefix of the names in errors, such as `limits.`
 * @throws TypeError for an unknown option, which names the one that is meant, or all options; for options that are not an
 *   object
 */
export function checkNames(
  options: object,
  known: Readonly<Record<string, true>>,
  foreign: Readonly<Record<string, string>> = {},
  prefix = "",
): void {
  checkOptions(options, known, prefix === "" ? "options" : prefix.slice(0, -1));
  // Without the list that Object.keys makes: acquiring a permit comes here.
  for (const name in options) {
    if (known[name] !== true && Object.hasOwn(options, name)) {
      checkName(name, options, known, foreign, prefix);
    }
  }
}

function checkName(
  name: string,
  options: object,
  known: Readonly<Record<string, true>>,
  foreign: Readonly<Record<string, string>>,
  prefix: string,
): void {
  const isForeign = Object.hasOwn(foreign, name);
  if (Reflect.get(options, name) === undefined && !isForeign) return;
  const names = Object.keys(known);
  const near = nearest(name, names);
  const meant = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${prefix}${near}?`;
  throw new TypeError(`there is no option ${prefix}${name}; ${isForeign ? foreign[name] : meant}`);
}

/** The known name most similar to another one, if any is similar enough. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  let found: string | undefined;
  for (const each of known) {
    const edits = editsBetween(name.toLowerCase(), each.toLowerCase());
    if (edits >= least) continue;
    least = edits;
    found = each;
  }
  return found;
}

/** The Levenshtein distance of two words. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
