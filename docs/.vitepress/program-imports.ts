/** An import of a program: what it is of, and the names that it brings. */
interface Import {
  readonly target: string;
  /** As written, by the name that the program uses: `type A`, `b as c`. */
  readonly names: ReadonlyMap<string, string>;
  readonly isType: boolean;
}

/** The imports of names in braces; others are rare, and are left out. */
function importsOf(program: string): Import[] {
  return [...program.matchAll(/^import (type )?\{([^}]*)\} from "([^"]+)";$/gm)].map(
    ([, type, list, target]) => ({
      target: target!,
      isType: type !== undefined,
      names: new Map(
        list!
          .split(",")
          .map((each) => each.trim())
          .filter((each) => each !== "")
          .map((each) => [/\w+$/.exec(each)![0], each]),
      ),
    }),
  );
}

/**
 * The lines that import what a part of a program uses, for pages where the whole program cannot fold out.
 *
 * @param known names that the page has imported from this program before; those that are added now become known
 */
export function importsFor(part: string, program: string, known: Set<string>): string {
  if (/^import /m.test(part)) return "";
  const lines = importsOf(program).flatMap(({ target, names, isType }) => {
    const used = [...names].filter(
      ([name]) => !known.has(name) && new RegExp(String.raw`(?<![\w.$])${name}\b`).test(part),
    );
    for (const [name] of used) known.add(name);
    const list = used.map(([, written]) => written).join(", ");
    return used.length === 0 ? [] : [`import ${isType ? "type " : ""}{ ${list} } from "${target}";\n`];
  });
  return lines.length === 0 ? "" : `${lines.join("")}\n`;
}
