const kept: object[] = [];

/**
 * Keeps one object of a class alive. If none is alive at a garbage collection, V8 discards the optimised code of the
 * class, and after a few times produces none as good again: `mapJobs` of trivial jobs then takes three to seven times as
 * long (`benchmarks/src/async/jobs.ts`, section `map-8`, which collects garbage between rounds).
 *
 * Called for a static of the class, marked as pure, so that a bundle omits it together with the class; one file that
 * names all classes would bring all of them into each bundle. It uses `this`, because a class that names itself there gets
 * another name in the build, and in stack traces.
 */
export function keepAlive(example: object): void {
  kept.push(example);
}
