import type { EventEnd } from "@llx/callbacks";
import { type Attributes, type Histogram, type MeterProvider, metrics } from "@opentelemetry/api";
import { genAi, general, metricNames, secondsBuckets, tokenBuckets } from "./conventions.ts";
import { tokensOf } from "./event-attributes.ts";
import { isMetering } from "./is-registered.ts";
import type { OpenSpan } from "./open-span.ts";

interface Instruments {
  readonly duration: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly tokens: Histogram;
}

/** The span attributes that are dimensions of the metrics. */
const dimensions: readonly string[] = [
  genAi.operationName,
  genAi.providerName,
  genAi.requestModel,
  genAi.responseModel,
  general.serverAddress,
  general.serverPort,
];

/** Metrics of requests to models. The instruments are created again when another provider is registered. */
export class GenAiMetrics {
  readonly #given: MeterProvider | undefined;
  #provider: MeterProvider | undefined;
  #instruments: Instruments | undefined;

  /** @param given the provider to use; default: the registered one */
  constructor(given: MeterProvider | undefined) {
    this.#given = given;
  }

  /** Whether metrics go anywhere. */
  get active(): boolean {
    return this.#current() !== undefined;
  }

  /**
   * Records a request that has ended.
   *
   * @param described the attributes of its span
   * @param errorType why it failed
   */
  record(event: EventEnd, open: OpenSpan, described: Attributes, errorType: string | undefined): void {
    const instruments = this.#current();
    if (instruments === undefined) return;
    const { duration, timeToFirstChunk, tokens } = instruments;
    const { context, firstChunkAfter } = open;
    const attributes = Object.fromEntries(
      dimensions.flatMap((key) => (described[key] === undefined ? [] : [[key, described[key]]])),
    ) as Attributes;
    const failure = errorType === undefined ? {} : { [general.errorType]: errorType };
    duration.record(event.duration / 1000, { ...attributes, ...failure }, context);
    if (firstChunkAfter !== undefined) timeToFirstChunk.record(firstChunkAfter / 1000, attributes, context);
    const { inputTokens, outputTokens } = tokensOf(event);
    for (const [type, count] of Object.entries({ input: inputTokens, output: outputTokens })) {
      if (count !== undefined) tokens.record(count, { ...attributes, [genAi.tokenType]: type }, context);
    }
  }

  #current(): Instruments | undefined {
    const provider = this.#given ?? metrics.getMeterProvider();
    if (this.#provider !== provider) {
      this.#instruments = makeInstruments(provider);
      this.#provider = provider;
    }
    return this.#instruments;
  }
}

/** `undefined` without a registered provider. */
function makeInstruments(provider: MeterProvider): Instruments | undefined {
  const meter = provider.getMeter("@llx/callbacks-opentelemetry");
  if (!isMetering(meter)) return undefined;
  const make = (name: string, unit: string, buckets: readonly number[], description: string): Histogram =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...buckets] } });
  return {
    duration: make(metricNames.operationDuration, "s", secondsBuckets, "GenAI operation duration."),
    timeToFirstChunk: make(
      metricNames.timeToFirstChunk,
      "s",
      secondsBuckets,
      "Time to receive the first chunk.",
    ),
    tokens: make(metricNames.tokenUsage, "{token}", tokenBuckets, "Number of input and output tokens used."),
  };
}
