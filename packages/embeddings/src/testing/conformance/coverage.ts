import type { ElementType } from "../../contract/element-type.ts";
import type { Facts } from "./facts.ts";

/** The element types of all subjects so far, by provider and model. */
const covered = new Map<string, Set<ElementType>>();

/** A subject is tested with its element type. */
export function cover(facts: Facts): void {
  const key = keyOf(facts);
  covered.set(key, (covered.get(key) ?? new Set()).add(facts.elementType));
}

/** The element types that a model declares, and that no subject has. */
export function uncovered(facts: Facts): readonly ElementType[] {
  const types = covered.get(keyOf(facts));
  return facts.capabilities.elementTypes.filter((type) => type !== facts.elementType && !types?.has(type));
}

function keyOf({ provider, model }: Facts): string {
  return JSON.stringify([provider, model]);
}
