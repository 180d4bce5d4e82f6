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

/** The failed attempts below each open event. Their spans end when another attempt has ended, or that event. */
export class FailedAttempts {
  readonly #byParent = new Map<string, FailedAttempt[]>();

  hold(parentId: string, failed: FailedAttempt): void {
    const others = this.#byParent.get(parentId);
    if (others) others.push(failed);
    else this.#byParent.set(parentId, [failed]);
  }

  /** The attempt before this one. */
  takeBefore(event: AnyEventStart): FailedAttempt | undefined {
    if (this.#byParent.size === 0 || event.parentId === undefined) return undefined;
    const failed = this.#byParent.get(event.parentId);
    const index = failed?.findIndex((earlier) => isNext(earlier.event, event)) ?? -1;
    if (failed === undefined || index === -1) return undefined;
    const [taken] = failed.splice(index, 1);
    if (failed.length === 0) this.#byParent.delete(event.parentId);
    return taken;
  }

  /** The attempts below an event that has ended: there will be no other ones. */
  release(parent: AnyEventEnd): readonly FailedAttempt[] {
    if (this.#byParent.size === 0) return [];
    const failed = this.#byParent.get(parent.id) ?? [];
    this.#byParent.delete(parent.id);
    return failed;
  }

  releaseAll(): readonly FailedAttempt[] {
    const failed = [...this.#byParent.values()].flat();
    this.#byParent.clear();
    return failed;
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
