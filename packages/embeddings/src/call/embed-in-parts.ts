import type { JobContext } from "@llx/async";
import { halve } from "../plan/batch-plan.ts";
import type { Bisection } from "./bisection.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import type { TextBatch } from "../contract/text-batch.ts";
import type { RequestJobOptions } from "../request/model-parts.ts";
import type { RequestCharge } from "../request/sized-job.ts";
import { sendSettled } from "./send-settled.ts";
import type { TextMeasure } from "../plan/text-measure.ts";

/** The results of the texts of one request, in their order. */
export interface Outcomes {
  readonly embeddings: readonly (AnyEmbedding | undefined)[];
  /** Why a text has no embedding. */
  readonly errors?: readonly unknown[];
}

/** How the parts of a request are sent. */
export interface PartsContext<B extends TextBatch> {
  readonly bisection: Bisection;
  readonly measure: TextMeasure;
  readonly options: RequestJobOptions;
  readonly chargeOf: (part: TextBatch) => RequestCharge;
  /** @param batch the request that contains the part */
  send(part: TextBatch, context: JobContext, batch: B): Promise<Outcomes>;
}

/** What is known of a request whose parts are being sent. */
export interface OutcomesSoFar extends Outcomes {
  /** Whether the outcome of each text is final. */
  readonly isFinal: readonly boolean[];
}

/**
 * Sends the halves of a failed request, if that may help. It yields what is known whenever that changes, and at last the
 * outcomes of all texts.
 *
 * @param error why it failed
 */
export async function* embedInParts<B extends TextBatch>(
  batch: B,
  error: unknown,
  { bisection, measure, options, chargeOf, send }: PartsContext<B>,
): AsyncGenerator<OutcomesSoFar, void, undefined> {
  const { texts } = batch;
  const embeddings = new Array<AnyEmbedding | undefined>(texts.length);
  const errors = texts.map(() => error);
  const isFinal = texts.map(() => false);
  const outcomes = { embeddings, errors, isFinal };
  const whole = { ...batch, positions: [...texts.keys()] };
  if (bisection.helps(whole, error)) {
    const sized = { texts, sizes: texts.map((text) => measure.of(text)) };
    const parts = sendSettled(
      {
        planned: [],
        parts: halve(whole, sized),
        texts: sized,
        bisection,
        chargeOf,
        async send(part, context) {
          const response = await send(part, context, batch);
          for (const [i, position] of part.positions.entries()) {
            embeddings[position] = response.embeddings[i];
            isFinal[position] = true;
          }
        },
        failed(part, reason, isLast) {
          for (const position of part.positions) {
            errors[position] = reason;
            isFinal[position] = isLast;
          }
        },
      },
      options,
    );
    for await (const _ of parts) yield outcomes;
  }
  isFinal.fill(true);
  yield outcomes;
}
