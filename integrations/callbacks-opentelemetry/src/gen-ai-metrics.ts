import type { EventEnd } from "@llx/callbacks";
import {
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
} from "@opentelemetry/api";
import {
  genAi,
  general,
  metricNames as names,
  oldMetricNames as old,
  secondsBuckets,
  tokenBuckets,
} from "./conventions.ts";
import { endAttributes, startAttributes } from "./event-attributes.ts";
import { isMetering } from "./is-registered.ts";
import type { CallResult } from "./span-form.ts";

/** A request to a model that has ended. */
export interface EndedCall extends CallResult {
  /** Its last attempt. */
  readonly event: EventEnd;
  /** Milliseconds over all attempts, as its span. */
  readonly duration: number;
  /** Why it failed. */
  readonly errorType: string | undefined;
  /** The context that the measurements are taken in. */
  readonly context: Context;
}

/** Takes the measurements of a request, with the attributes that they all have. */
type Recorder = (call: EndedCall, attributes: Attributes) => void;

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
  readonly #makeRecorder: (meter: Meter) => Recorder;
  #provider: MeterProvider | undefined;
  #recorder: Recorder | undefined;

  /**
   * @param given the provider to use; default: the registered one
   * @param oldNames whether the metrics have the names of version 1.41
   */
  constructor(given: MeterProvider | undefined, oldNames: boolean) {
    this.#given = given;
    this.#makeRecorder = oldNames ? oldRecorder : recorder;
  }

  /** Whether metrics go anywhere. */
  get active(): boolean {
    return this.#current() !== undefined;
  }

  /** Records a request that has ended. */
  record(call: EndedCall): void {
    const record = this.#current();
    if (record === undefined) return;
    const described: Attributes = { ...startAttributes(call.event), ...endAttributes(call.event, call) };
    const shared = dimensions.flatMap((key) => (described[key] === undefined ? [] : [[key, described[key]]]));
    record(call, Object.fromEntries(shared) as Attributes);
  }

  #current(): Recorder | undefined {
    const provider = this.#given ?? metrics.getMeterProvider();
    if (this.#provider !== provider) {
      const meter = provider.getMeter("@llx/callbacks-opentelemetry");
      this.#recorder = isMetering(meter) ? this.#makeRecorder(meter) : undefined;
      this.#provider = provider;
    }
    return this.#recorder;
  }
}

function recorder(meter: Meter): Recorder {
  const embeddings = {
    duration: seconds(meter, names.embeddingsDuration, "GenAI client embeddings operation duration."),
    input: tokensOf(meter, names.embeddingsInputTokens, "Input tokens per embeddings operation."),
  };
  const inference = {
    duration: seconds(meter, names.inferenceDuration, "GenAI client inference duration."),
    firstChunk: seconds(meter, names.inferenceTimeToFirstChunk, "Time to receive the first chunk."),
    input: tokensOf(meter, names.inferenceInputTokens, "Input tokens per inference operation."),
    output: tokensOf(meter, names.inferenceOutputTokens, "Output tokens per inference operation."),
    usedInput: sumOfTokens(meter, names.inferenceUsedInputTokens, "Input tokens used."),
    usedOutput: sumOfTokens(meter, names.inferenceUsedOutputTokens, "Output tokens used."),
  };
  return ({ event, duration, errorType, tokens, firstChunkAfter, context }, attributes) => {
    const timed = { ...attributes, ...(errorType !== undefined && { [general.errorType]: errorType }) };
    if (event.type === "embedding") {
      embeddings.duration.record(duration / 1000, timed, context);
      if (tokens.input !== undefined) embeddings.input.record(tokens.input, attributes, context);
      return;
    }
    inference.duration.record(duration / 1000, timed, context);
    if (firstChunkAfter !== undefined)
      inference.firstChunk.record(firstChunkAfter / 1000, attributes, context);
    // Events do not say which tokens were of texts, and which of images.
    const used = { ...attributes, [genAi.tokenModality]: "unknown" };
    if (tokens.input !== undefined) {
      inference.input.record(tokens.input, attributes, context);
      inference.usedInput.add(tokens.input, used, context);
    }
    if (tokens.output !== undefined) {
      inference.output.record(tokens.output, attributes, context);
      inference.usedOutput.add(tokens.output, used, context);
    }
  };
}

function oldRecorder(meter: Meter): Recorder {
  const operation = seconds(meter, old.operationDuration, "GenAI operation duration.");
  const firstChunk = seconds(meter, old.timeToFirstChunk, "Time to receive the first chunk.");
  const usage = tokensOf(meter, old.tokenUsage, "Number of input and output tokens used.");
  return ({ duration, errorType, tokens, firstChunkAfter, context }, attributes) => {
    const timed = { ...attributes, ...(errorType !== undefined && { [general.errorType]: errorType }) };
    operation.record(duration / 1000, timed, context);
    if (firstChunkAfter !== undefined) firstChunk.record(firstChunkAfter / 1000, attributes, context);
    for (const type of ["input", "output"] as const) {
      const count = tokens[type];
      if (count !== undefined) usage.record(count, { ...attributes, [genAi.tokenType]: type }, context);
    }
  };
}

function seconds(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, { unit: "s", description, ...buckets(secondsBuckets) });
}

function tokensOf(meter: Meter, name: string, description: string): Histogram {
  return meter.createHistogram(name, { unit: "{token}", description, ...buckets(tokenBuckets) });
}

function sumOfTokens(meter: Meter, name: string, description: string): Counter {
  return meter.createCounter(name, { unit: "{token}", description });
}

function buckets(bounds: readonly number[]): object {
  return { advice: { explicitBucketBoundaries: [...bounds] } };
}
