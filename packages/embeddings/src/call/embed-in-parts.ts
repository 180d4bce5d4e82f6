import type { JobContext } from "@llx/async";
import type { TextBatch } from "../plan/batch-builder.ts";
import { halve } from "../plan/batch-plan.ts";
import type { Bisection } from "./bisection.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import type { RequestOptions } from "../request/model-parts.ts";
import { sendSettled } from "./send-settled.ts";
import type { TextMeasure } from "../plan/text-measure.ts";

/** What has come of the texts of one request, in their order. */
export interface Outcomes {
  readonly embeddings: readonly (AnyEmbedding | undefined)[];
  /** Why a text has no embedding. */
  readonly errors: readonly unknown[];
}

/** How the parts of a request are sent. */
export interface PartsContext {
  readonly bisection: Bisection;
  readonly measure: TextMeasure;
  readonly options: RequestOptions;
  readonly tokensFor: (part: TextBatch) => number;
  send(part: TextBatch, context: JobContext): Promise<{ readonly embeddings: readonly AnyEmbedding[] }>;
}

/**
 * Sends the halves of a request that has failed, where that may help.
 *
 * @param error why it has failed
 */
export async function embedInParts(
  batch: TextBatch,
  error: unknown,
  { bisection, measure, options, tokensFor, send }: PartsContext,
): Promise<Outcomes> {
  const { texts } = batch;
  const embeddings = new Array<AnyEmbedding | undefined>(texts.length);
  const errors = texts.map(() => error);
  const whole = { ...batch, places: [...texts.keys()] };
  if (bisection.helps(whole, error)) {
    const sized = { texts, sizes: texts.map((text) => measure.of(text)) };
    await sendSettled(
      {
        planned: [],
        parts: halve(whole, sized),
        texts: sized,
        bisection,
        tokensFor,
        async send(part, context) {
          const answer = await send(part, context);
          for (const [at, place] of part.places.entries()) embeddings[place] = answer.embeddings[at];
        },
        failed(part, reason) {
          for (const place of part.places) errors[place] = reason;
        },
      },
      options,
    );
  }
  return { embeddings, errors };
}
