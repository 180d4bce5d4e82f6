import type { ElementType } from "../../contract/element-type.ts";
import type { ConformanceSubject } from "../conformance-subject.ts";
import type { Facts } from "./facts.ts";

type Subject = ConformanceSubject<ElementType>;

/** All subjects so far with their element types, by provider and model. */
const covered = new Map<string, Map<Subject, ElementType>>();

/** A subject is tested with its element type. */
export function cover(subject: Subject, facts: Facts): void {
  const key = keyOf(facts);
  covered.set(key, (covered.get(key) ?? new Map<Subject, ElementType>()).set(subject, facts.elementType));
}

/** The element types that a model declares, and that no subject has. */
export function uncovered(facts: Facts): readonly ElementType[] {
  const types = new Set(covered.get(keyOf(facts))?.values());
  return facts.capabilities.elementTypes.filter((type) => type !== facts.elementType && !types.has(type));
}

/** The subjects of a model. */
export function subjectsOf(facts: Facts): readonly Subject[] {
  return [...(covered.get(keyOf(facts))?.keys() ?? [])];
}

function keyOf({ provider, model }: Facts): string {
  return JSON.stringify([provider, model]);
}
