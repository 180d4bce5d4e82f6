const native = Function.prototype[Symbol.hasInstance];

/**
 * Lets `instanceof` know the instances of another copy of this package too: a program may have one as ES module and
 * one as CommonJS. Called for a static of the class, marked as pure: so it goes from a bundle together with the class.
 */
export function brand(kind: { readonly prototype: object }, name: string): void {
  const mark = Symbol.for(`@llx/async/${name}`);
  Object.defineProperty(kind.prototype, mark, { value: true });
  Object.defineProperty(kind, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // Of a subclass it means what it always means.
      if (this !== kind) return Reflect.apply(native, this, [value]);
      return typeof value === "object" && value !== null && mark in value;
    },
  });
}
