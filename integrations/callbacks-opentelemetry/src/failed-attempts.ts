import type { AnyEventEnd, AnyEventStart } from "@llx/callbacks";
import type { OpenSpan } from "./open-span.ts";

/** A failed attempt at a request, after which there may be another one. */
export interface FailedAttempt {
  readonly event: AnyEventEnd;
  readonly open: OpenSpan;
  readonly errorType: string;
  /** When it ended, by `performance.now()`, which the SDK converts to the clock of the span. */
  readonly endedAt: number;
}

/** Below an event that lasts for days, requests that have finally failed must not grow without limit. */
const mostHeld = 1000;

/** The failed attempts below each open event. Their spans end when another attempt has ended, or that event. */
export class FailedAttempts {
  readonly #byParent = new Map<string, FailedAttempt[]>();
  #count = 0;

  /** @returns the oldest one, if there are too many: it has to end */
  hold(parentId: string, failed: FailedAttempt): FailedAttempt | undefined {
    const others = this.#byParent.get(parentId);
    if (others) others.push(failed);
    else this.#byParent.set(parentId, [failed]);
    this.#count++;
    if (this.#count <= mostHeld) return undefined;
    const [oldest] = this.#byParent.keys();
    return oldest === undefined ? undefined : this.#take(oldest, 0);
  }

  /** The attempt before this one. */
  takeBefore(event: AnyEventStart): FailedAttempt | undefined {
    if (this.#byParent.size === 0 || event.parentId === undefined) return undefined;
    const failed = this.#byParent.get(event.parentId);
    // The latest one: an earlier one may be of a request that has finally failed.
    const index = failed?.findLastIndex((earlier) => isNext(earlier.event, event)) ?? -1;
    return index === -1 ? undefined : this.#take(event.parentId, index);
  }

  /** The attempts below an event that has ended: there will be no other ones. */
  release(parent: AnyEventEnd): readonly FailedAttempt[] {
    if (this.#byParent.size === 0) return [];
    const failed = this.#byParent.get(parent.id) ?? [];
    this.#byParent.delete(parent.id);
    this.#count -= failed.length;
    return failed;
  }

  releaseAll(): readonly FailedAttempt[] {
    const failed = [...this.#byParent.values()].flat();
    this.#byParent.clear();
    this.#count = 0;
    return failed;
  }

  #take(parentId: string, index: number): FailedAttempt | undefined {
    const failed = this.#byParent.get(parentId) ?? [];
    const [taken] = failed.splice(index, 1);
    if (failed.length === 0) this.#byParent.delete(parentId);
    this.#count--;
    return taken;
  }
}

interface Request {
  readonly attempt?: number | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
}

/** The number of an attempt; `undefined` for an event that does not say that it is one. */
export function attemptOf(event: AnyEventStart): number | undefined {
  const { attempt } = event.payload as Request;
  return typeof attempt === "number" ? attempt : undefined;
}

/** Whether an event is a later attempt at the same request, which must be to the same model. */
function isNext(earlier: AnyEventEnd, event: AnyEventStart): boolean {
  const [before, now] = [earlier.payload as Request, event.payload as Request];
  return (
    earlier.type === event.type &&
    (before.attempt ?? 0) < (now.attempt ?? 0) &&
    before.provider === now.provider &&
    before.model === now.model
  );
}
