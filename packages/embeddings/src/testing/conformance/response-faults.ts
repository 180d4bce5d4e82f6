import type { Fault } from "../fault.ts";

/** Another attempt does not help: the service would number its items in the same way. */
export const wrongIndexes: readonly Fault[] = [
  { kind: "duplicate" },
  { kind: "outOfRange" },
  { kind: "badIndex" },
  { kind: "indexes", how: "zeros" },
  { kind: "indexes", how: "fromOne" },
];

/** Bodies that are no response of the service, of whatever kind. */
export const foreignBodies: readonly (readonly [what: string, fault: Fault])[] = [
  ["JSON of another shape", { kind: "otherShape" }],
  ["a list instead of an object", { kind: "otherShape", body: [] }],
  ["null instead of an object", { kind: "otherShape", body: "null" }],
  ["an empty body", { kind: "empty" }],
  ["text that is not JSON", { kind: "notJson" }],
];
