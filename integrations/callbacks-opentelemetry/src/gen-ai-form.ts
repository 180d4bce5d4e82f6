import { endContent, startContent } from "./content-attributes.ts";
import { endAttributes, type Facts, otherFacts, spanName, startAttributes } from "./event-attributes.ts";
import type { SpanForm } from "./span-form.ts";

/** OpenTelemetry's conventions for generative AI. */
export const genAiForm: SpanForm = {
  nameOf: spanName,
  startAttributes: (event) => ({
    ...startAttributes(event),
    ...otherFacts(event, event.payload as Facts),
    ...startContent(event),
  }),
  endAttributes: (event, result) => ({
    ...endAttributes(event, result),
    ...otherFacts(event, event.endPayload as Facts),
    ...endContent(event, result.streamed),
  }),
  plain: {},
};
