import type { ElementType } from "../contract/element-type.ts";
import { abort } from "./conformance/abort.ts";
import { responses } from "./conformance/responses.ts";
import { Bench } from "./conformance/bench.ts";
import { cache } from "./conformance/cache.ts";
import { cover } from "./conformance/coverage.ts";
import { closing } from "./conformance/closing.ts";
import { concurrency } from "./conformance/concurrency.ts";
import type { ConformanceCase } from "./conformance/conformance-case.ts";
import { dimensions } from "./conformance/dimensions.ts";
import { elementTypes } from "./conformance/element-types.ts";
import { estimates } from "./conformance/estimates.ts";
import { events } from "./conformance/events.ts";
import { type Facts, factsOf } from "./conformance/facts.ts";
import { fakeChecks } from "./conformance/fake-checks.ts";
import { failures } from "./conformance/failures.ts";
import { filledRequests } from "./conformance/filled-requests.ts";
import { inputTypes } from "./conformance/input-types.ts";
import { limits } from "./conformance/limits.ts";
import { order } from "./conformance/order.ts";
import { reports } from "./conformance/reports.ts";
import { retries } from "./conformance/retries.ts";
import { secrets } from "./conformance/secrets.ts";
import { settings } from "./conformance/settings.ts";
import { streams } from "./conformance/streams.ts";
import { textChecks } from "./conformance/text-checks.ts";
import type { ConformanceSettings, ConformanceSubject, ConformanceTest } from "./conformance-subject.ts";
import { thousandTexts } from "./conformance/thousand-texts.ts";
import { wireFormats } from "./conformance/wire-formats.ts";
import type { EmbeddingServer } from "./embedding-server.ts";
import { afterBasics } from "./after-basics.ts";
import { defaultTimeLimit, runCase } from "./run-case.ts";

/** What all other tests build on, in this order: where one of them fails, so would most of the others. */
const basics = ["embeds a text", "the service accepts a request filled to limits.inputs"];

const cases: readonly ConformanceCase[] = [
  {
    name: basics[0]!,
    run: (bench) => bench.use(bench.create()),
  },
  ...fakeChecks,
  ...order,
  ...inputTypes,
  ...elementTypes,
  ...wireFormats,
  ...dimensions,
  ...cache,
  ...limits,
  ...filledRequests,
  ...textChecks,
  ...concurrency,
  ...retries,
  ...responses,
  ...failures,
  ...thousandTexts,
  ...abort,
  ...streams,
  ...estimates,
  ...reports,
  ...events,
  ...secrets,
  ...settings,
  ...closing,
];

/**
 * The tests that every provider must pass, for any runner: see `registerConformance`. Each has its own server, models
 * and time limit. What a subject does not declare is not tested. Where a test fails that the others build on, those fail
 * at once, with its name.
 *
 * @throws TypeError for a service whose `apiKey` is shorter than 12 characters
 */
export function embeddingConformance<E extends ElementType>(
  subject: ConformanceSubject<E>,
  given: ConformanceSettings = {},
): ConformanceTest[] {
  return afterBasics(separateTests(subject, given), basics);
}

/** The same tests, each of which runs whether or not another one fails. */
export function separateTests<E extends ElementType>(
  subject: ConformanceSubject<E>,
  { timeLimit = defaultTimeLimit }: ConformanceSettings = {},
): ConformanceTest[] {
  const any = subject as ConformanceSubject<ElementType>;
  const facts = factsOf(any);
  cover(any, facts);
  const open = (server: EmbeddingServer | undefined): Bench => new Bench(any, facts, server);
  return cases
    .filter(({ applies = hasService }) => applies(facts))
    .map(({ name, run }) => ({
      name,
      run: () => runCase({ name, service: any.service, timeLimit, open, run }),
    }));
}

function hasService(facts: Facts): boolean {
  return facts.hasService;
}
