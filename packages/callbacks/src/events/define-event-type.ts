import { EventType } from "../contract/event-type.ts";
import { sharedState } from "../traces/shared-state.ts";

const builtIn: ReadonlySet<string> = new Set<EventType>(Object.values(EventType));

/**
 * Registers one of your own types at run time: `traced` then takes the name for an event instead of a trace, and a leaf
 * takes no children (what starts inside it becomes its sibling), like `chunking`, `llm` and `embedding`.
 *
 * @returns the name itself
 * @throws TypeError for the name of a built-in type
 */
export function defineEventType<T extends EventType>(type: T, options: { leaf?: boolean } = {}): T {
  if (builtIn.has(type)) {
    throw new TypeError(`"${type}" is a built-in event type of @llx/callbacks; choose another name`);
  }
  sharedState.eventTypes.set(type, { leaf: options.leaf ?? false });
  return type;
}

/** Whether events of this type take no children. */
export function isLeaf(type: EventType): boolean {
  switch (type) {
    case "chunking":
    case "llm":
    case "embedding":
      return true;
    default:
      return sharedState.eventTypes.size > 0 && sharedState.eventTypes.get(type)?.leaf === true;
  }
}

/** Whether the name is an event type that is known at run time. */
export function isEventType(name: string): name is EventType {
  return builtIn.has(name) || sharedState.eventTypes.has(name);
}
