/** Earlier names, and those of other libraries. If ignored, `baseURL` would send texts and a key to another server. */
const foreignNames: Readonly<Record<string, string>> = {
  baseURL: "baseUrl",
  callTimeout: "totalTimeout",
  concurrency: "workers",
  maxConcurrency: "workers",
  maxRetries: "retry: { attempts }, which counts the first one too",
};

/**
 * Options that are `undefined` count as absent, except for foreign names.
 *
 * @param known the names of all options
 * @param prefix of the names in errors, such as `limits.`
 * @throws TypeError for an unknown option, which names the one that is meant, or all options
 */
export function checkNames(options: object, known: readonly string[], prefix = ""): void {
  for (const [name, value] of Object.entries(options)) {
    if (known.includes(name)) continue;
    if (Object.hasOwn(foreignNames, name)) {
      throw new TypeError(`there is no option ${name}; it is called ${foreignNames[name]}`);
    }
    if (value === undefined) continue;
    const near = nearest(name, known);
    const meant = near === undefined ? `there are ${known.join(", ")}` : `did you mean ${prefix}${near}?`;
    throw new TypeError(`there is no option ${prefix}${name}; ${meant}`);
  }
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
