import type { CallbackManager, EventContext } from "@llx/callbacks";
import type { JobContext, Mapper } from "./job.ts";

/** The events of jobs that may have several attempts: one `async_job` spans all attempts and the waits in between. */
export class JobEvents {
  readonly #manager: CallbackManager;
  readonly #open = new Map<number, EventContext<"async_job">>();

  constructor(manager: CallbackManager) {
    this.#manager = manager;
  }

  /** Runs an attempt inside the event of its job. */
  run<R>(context: JobContext, attempt: () => R): R {
    const { index } = context;
    let event = this.#open.get(index);
    if (event === undefined) {
      event = this.#manager.startEvent("async_job", { index }, context);
      this.#open.set(index, event);
    }
    return event.run(attempt);
  }

  /** @throws what a handler with `raiseErrors` throws */
  succeeded(index: number): void {
    this.#take(index)?.onEnd();
  }

  failed(index: number, error: unknown): void {
    this.#take(index)?.fail(error);
  }

  #take(index: number): EventContext<"async_job"> | undefined {
    const event = this.#open.get(index);
    this.#open.delete(index);
    return event;
  }
}

/** Runs each job inside an event. */
export function traced<I, T>(
  call: Mapper<I, T>,
  manager: CallbackManager,
  events: JobEvents | undefined,
): Mapper<I, T> {
  if (events) return (item, context) => events.run(context, () => call(item, context));
  // The context is also the options of the event: its signal tells an abort from an error.
  return (item, context) =>
    manager.event("async_job", { index: context.index }, () => call(item, context), context);
}
