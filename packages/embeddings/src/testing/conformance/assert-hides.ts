import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { AnyEventEnd } from "@llx/callbacks";
import { secretBeginning } from "./assertions.ts";

/** Checks that no output of a value shows the key or a text. */
export function assertHides({ apiKey }: { readonly apiKey: string }, value: unknown, what: string): void {
  // A message that is cut short may still show most of a key.
  const key = apiKey.slice(0, Math.ceil(apiKey.length * 0.75));
  const advice =
    "build errors and properties from neither the key nor the request or response; errors of `@llx/http` show none of them";
  for (const [way, shown] of shownBy(value)) {
    assert(!shown.includes(key), `${what} shows the key, by ${way}: ${advice}`);
    assert(!shown.includes(secretBeginning), `${what} shows a text, by ${way}: ${advice}`);
  }
}

/** Checks that events show neither the key nor a text, as a handler that writes them down would. */
export function assertEventsHide(
  { apiKey }: { readonly apiKey: string },
  events: readonly AnyEventEnd[],
): void {
  for (const event of events) {
    const { type, payload, endPayload, error } = event;
    const shown = [
      JSON.stringify(event),
      inspect([payload, endPayload, error], { depth: 10, showHidden: true, maxStringLength: null }),
    ].join("\n");
    assert(!shown.includes(secretBeginning), `the event ${type} shows a text`);
    assert(!shown.includes(apiKey), `the event ${type} shows the key`);
  }
}

function shownBy(value: unknown): [way: string, shown: string][] {
  const shown: [way: string, shown: string][] =
    value instanceof Error ? [["its message", value.message]] : [];
  shown.push(
    ["util.inspect", inspect(value, { depth: 10, showHidden: true, maxStringLength: null })],
    ["JSON.stringify", JSON.stringify(value) ?? ""],
    ["String", String(value)],
  );
  if (value instanceof Error) {
    shown.push(["stack", value.stack ?? ""]);
    if (value.cause !== undefined) shown.push(...shownBy(value.cause));
  }
  return shown;
}
