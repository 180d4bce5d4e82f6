type Kind = { readonly prototype: object };

const brands = new WeakMap<Kind, symbol>();

/** Marks the instances of a class, so that another copy of this package knows them by the class's name. */
export function brand(kind: Kind, name: string): void {
  const key = Symbol.for(`@llx/http/${name}`);
  brands.set(kind, key);
  Object.defineProperty(kind.prototype, key, { value: true });
}

/** What `instanceof` means for a class that may be branded; for one that is not, what it always means. */
export function isInstance(kind: Kind, value: unknown): boolean {
  const key = brands.get(kind);
  if (key !== undefined) return typeof value === "object" && value !== null && key in value;
  return Reflect.apply(Function.prototype[Symbol.hasInstance], kind, [value]);
}
