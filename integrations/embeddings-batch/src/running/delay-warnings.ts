import { messageOf, sentence } from "./batch-run-error.ts";

const kind = { type: "BatchRunDelayed", code: "LLX_BATCH_RUN_DELAYED" };

/** Warns of what delays a run: once, however many parts it delays. */
export class DelayWarnings {
  readonly #directory: string;
  /** Parts whose last step has failed, and is tried again. */
  readonly #failing = new Set<number>();
  #hasBeenFull = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * A call to the service has failed, and is tried again.
   *
   * @param call which of how many
   * @param pauses milliseconds until the next call, and at most until a later one
   */
  outage(
    part: number,
    call: { readonly number: number; readonly most: number },
    pauses: { readonly next: number; readonly longest: number },
    error: unknown,
  ): void {
    const isFirst = this.#failing.size === 0;
    this.#failing.add(part);
    if (!isFirst) return;
    process.emitWarning(
      `call ${call.number} of ${call.most} has failed for part ${part} of the run in ${this.#directory}: ` +
        `${messageOf(error)}. The next is in ${inSeconds(pauses.next)}, and later ones after up to ${inSeconds(pauses.longest)}`,
      kind,
    );
  }

  /** A call for the part has succeeded. */
  passed(part: number): void {
    this.#failing.delete(part);
  }

  /** The service has its limit, and the run keeps to it from now on. */
  fullQueue(part: number, message: string): void {
    if (this.#hasBeenFull) return;
    this.#hasBeenFull = true;
    process.emitWarning(
      `part ${part} of the run in ${this.#directory} waits until another one has ended, and fewer are sent at once from now on, as ` +
        `the service has no room: ${sentence(message)} To send fewer from the start, lower concurrency`,
      kind,
    );
  }
}

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1_000).toLocaleString("en-US")} s`;
