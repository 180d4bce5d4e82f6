const kept: object[] = [];

/**
 * Keeps one object of a class for good. Where none is alive when garbage is collected, V8 throws away the code that
 * it has optimised for the class, and after a few times makes none as good again: jobs then took three times as long.
 */
export function keepAlive(example: object): void {
  kept.push(example);
}
