import type { EventTags } from "../contract/event-tags.ts";
import { type Frame, noTags, type TagFrame } from "./frame.ts";
import { sharedState } from "./shared-state.ts";

/** What a name may consist of in the `baggage` header of W3C: a token of HTTP. */
export const tagName: RegExp = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Runs a function in a scope with tags: every event and trace that starts inside has them, across awaits, threads and
 * processes (see `serializeTrace`). Inside another scope, the tags of both apply, and those of the inner one win; a tag that
 * is `undefined` is removed.
 *
 * @returns what the function returns
 * @throws TypeError for a name that is not a token of HTTP, for a value that is not a string, and without a
 *   function
 *
 * @example
 * ```ts
 * await withTags({ tenant: "acme", user: "17" }, () => answer("Who?"));
 * ```
 */
export function withTags<R>(tags: EventTags, body: () => R): R {
  if (typeof body !== "function") {
    throw new TypeError(
      `withTags needs a function to run, as in withTags({ tenant: "a" }, fn), not ${typeof body}`,
    );
  }
  const frame = sharedState.frames.getStore();
  return sharedState.frames.run(frameWith(frame, mergeTags(frame?.tags, checked(tags))), body);
}

/** A position with other tags. */
export function frameWith(frame: Frame | TagFrame | undefined, tags: EventTags): Frame | TagFrame {
  if (frame?.trace === undefined) {
    return { manager: undefined, trace: undefined, record: undefined, tags };
  }
  return { manager: frame.manager, trace: frame.trace, record: frame.record, tags };
}

/** Both sets of tags; of a name in both, the second value, and of one that is `undefined` there, none. */
export function mergeTags(outer: EventTags = noTags, inner: EventTags = noTags): EventTags {
  const set = Object.entries({ ...outer, ...inner }).filter(([, value]) => value !== undefined);
  return set.length === 0 ? noTags : Object.freeze(Object.fromEntries(set));
}

function checked(tags: EventTags): EventTags {
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) {
    throw new TypeError(
      `withTags needs an object of tags, as in withTags({ tenant: "a" }, fn), not ${typeof tags}`,
    );
  }
  for (const [name, value] of Object.entries(tags)) {
    if (!tagName.test(name)) {
      throw new TypeError(
        `${JSON.stringify(name)} cannot be the name of a tag, as HTTP headers carry them; use letters, digits, "-", "_" and "."`,
      );
    }
    if (value !== undefined && typeof value !== "string") {
      throw new TypeError(`the tag ${name} must be a string, not ${typeof value}; convert it with String(…)`);
    }
  }
  return tags;
}
