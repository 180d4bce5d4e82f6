import { isBlamed } from "./record-error.ts";
import { EventContext } from "./event-context.ts";
import type { EventHost } from "./event-runtime.ts";
import type { Outcome } from "./handler-delivery.ts";
import { isAbort } from "../support/is-abort.ts";
import { sharedState } from "./shared-state.ts";
import type { Frame, Trace } from "./trace.ts";

/** A trace that its holder ends. */
export class TraceHandle implements Disposable {
  readonly name: string;
  readonly #host: EventHost | undefined;
  readonly #trace: Trace | undefined;
  /** Where the caller stood, when the trace joins the one around it. */
  readonly #joined: Frame | undefined;
  #started: Outcome | undefined;
  #ended = false;

  /** @internal Without a host, nobody listens. */
  constructor(name: string, host?: EventHost, trace?: Trace, joined?: Frame) {
    this.name = name;
    this.#host = host;
    this.#trace = trace;
    this.#joined = joined;
    if (host === undefined || trace === undefined || joined !== undefined || !trace.sampled) return;
    host.openTraces.add(this);
    this.#started = host.dispatcher.tell("startTrace", trace);
  }

  /** 32 hexadecimal digits; `undefined` where nobody listens. */
  get id(): string | undefined {
    return this.#trace?.id;
  }

  /**
   * @internal What has to be waited for of the start, where there is such: for whoever asks first. It rejects with
   * what a handler with `raiseErrors` rejects with.
   */
  ready(): Promise<void> | undefined {
    const wait = this.#started?.wait;
    if (wait !== undefined) this.#started = { raised: this.#started?.raised };
    return wait;
  }

  /** Runs a function inside the trace. */
  run<R>(body: () => R): R {
    if (this.#trace === undefined) return body();
    if (this.#started?.raised) throw this.#started.raised.error;
    return sharedState.frames.run(this.#joined ?? this.#trace, body);
  }

  /** Records an error that no event of the trace has recorded, as an event of the type `exception`. */
  recordError(error: unknown): void {
    const trace = this.#trace;
    if (!this.#host?.dispatcher.active || !trace?.sampled || isAbort(error, undefined)) return;
    const frame = this.#joined ?? trace;
    if (isBlamed(frame, error)) return;
    new EventContext("exception", this.#host, trace, frame, undefined, undefined, performance.now()).fail(
      error,
    );
  }

  /** Ends the trace; ending it twice does nothing. Where it joined another, that one goes on. */
  end(): void {
    const outcome = this.#end();
    for (const wait of [this.ready(), outcome?.wait]) wait?.catch((error: unknown) => this.#report(error));
    if (outcome?.raised) throw outcome.raised.error;
  }

  /** @internal Ends the trace and waits for the handlers that ask for it. */
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

  /** @internal The manager closes, and handlers could not be told later. */
  abandon(): void {
    void this.close(false);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #report(error: unknown): void {
    this.#host?.dispatcher.report(error, { name: "a handler with raiseErrors" }, "endTrace");
  }

  #end(): Outcome | undefined {
    if (this.#ended || this.#host === undefined || this.#trace === undefined) return undefined;
    this.#ended = true;
    this.#host.openTraces.delete(this);
    if (this.#joined !== undefined || !this.#trace.sampled) return undefined;
    return this.#host.dispatcher.tell("endTrace", this.#trace);
  }
}
