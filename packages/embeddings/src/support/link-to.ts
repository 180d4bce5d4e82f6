import { currentTrace, type EventLink } from "@llx/callbacks";

/** A link to the event in whose body this is called; `undefined` if nobody listens. */
export function linkTo({ id }: { readonly id: string | undefined }): EventLink | undefined {
  if (id === undefined) return undefined;
  const trace = currentTrace();
  return trace && { traceId: trace.id, eventId: id };
}
