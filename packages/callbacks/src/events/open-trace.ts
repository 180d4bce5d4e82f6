import type { Outcome } from "../delivery/handler-delivery.ts";
import { isAbort } from "../support/is-abort.ts";
import type { Frame, TraceFrame } from "../traces/frame.ts";
import { isErrorRecorded } from "../traces/record-error.ts";
import { sharedState } from "../traces/shared-state.ts";
import type { EventRuntime } from "./event-runtime.ts";
import type { ManagedTrace } from "./managed-trace.ts";
import type { Abandonable } from "./open-events.ts";
import { OpenEvent } from "./open-event.ts";

/** A trace that handlers are notified of, or that joins one. */
export class OpenTrace implements ManagedTrace, Abandonable {
  readonly name: string;
  readonly #runtime: EventRuntime;
  readonly #trace: TraceFrame;
  /** The position of the caller, when the trace joins the one around it. */
  readonly #joined: Frame | undefined;
  #started: Outcome | undefined;
  #ended = false;

  constructor(name: string, runtime: EventRuntime, trace: TraceFrame, joined?: Frame) {
    this.name = name;
    this.#runtime = runtime;
    this.#trace = trace;
    this.#joined = joined;
    if (joined !== undefined) return;
    runtime.openTraces.add(this);
    this.#started = runtime.dispatcher.notifyTrace("startTrace", trace);
  }

  get id(): string {
    return this.#trace.id;
  }

  ready(): Promise<void> | undefined {
    const wait = this.#started?.wait;
    if (wait !== undefined) this.#started = { raised: this.#started?.raised };
    return wait;
  }

  run<R>(body: () => R): R {
    if (this.#started?.raised) throw this.#started.raised.error;
    return sharedState.frames.run(this.#frame, body);
  }

  recordError(error: unknown): void {
    const frame = this.#frame;
    if (!this.#runtime.dispatcher.active || isAbort(error, undefined) || isErrorRecorded(frame, error))
      return;
    new OpenEvent(this.#runtime, "exception", { trace: this.#trace, outer: frame }).fail(error);
  }

  end(): void {
    const outcome = this.#end();
    for (const wait of [this.ready(), outcome?.wait]) wait?.catch((error: unknown) => this.#report(error));
    if (outcome?.raised) throw outcome.raised.error;
  }

  async close(raise: boolean): Promise<void> {
    const outcome = this.#end();
    try {
      await this.ready();
      await outcome?.wait;
      if (outcome?.raised) throw outcome.raised.error;
    } catch (error) {
      if (raise) throw error;
      this.#report(error);
    }
  }

  abandon(): void {
    void this.close(false);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  get #frame(): Frame {
    return this.#joined ?? this.#trace;
  }

  #report(error: unknown): void {
    this.#runtime.dispatcher.report(error, { name: "a handler with raiseErrors" }, "endTrace");
  }

  #end(): Outcome | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    if (this.#joined !== undefined) return undefined;
    this.#runtime.openTraces.delete(this);
    return this.#runtime.dispatcher.notifyTrace("endTrace", this.#trace);
  }
}
