const kept: object[] = [];

/**
 * Keeps one object of a class for good. Where none is alive when garbage is collected, V8 throws away the code that
 * it has optimised for the class, and after a few times makes none as good again: jobs then took three times as long.
 *
 * Called for a static of the class, marked as pure: so it goes from a bundle together with the class. It says `this`, as
 * a class that names itself there is called otherwise in the build, and in stack traces.
 */
export function keepAlive(example: object): void {
  kept.push(example);
}
