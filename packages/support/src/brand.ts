type Kind = { readonly prototype: object };

const native = Function.prototype[Symbol.hasInstance];

/**
 * Makes `instanceof` recognise instances of another copy of the class: a program may load a package twice, as ES
 * module and as CommonJS. Call it in a static block or a static field marked as pure, so that bundlers can drop it
 * together with the class.
 *
 * @param name unique, such as `@llx/async/Semaphore`
 */
export function brand(kind: Kind, name: string): void {
  const mark = Symbol.for(name);
  Object.defineProperty(kind.prototype, mark, { value: true });
  Object.defineProperty(kind, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A subclass inherits this method, and keeps the native meaning.
      if (this !== kind) return Reflect.apply(native, this, [value]);
      return typeof value === "object" && value !== null && mark in value;
    },
  });
}
