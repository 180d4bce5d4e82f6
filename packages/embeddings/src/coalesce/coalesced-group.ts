import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackManager, EventLink } from "@llx/callbacks";
import type { SettleOption } from "@llx/async";
import { timerDelay } from "@llx/support";
import type { Deadline } from "../support/deadline.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import { type SharedCall, sharedCall } from "../call/shared-call.ts";
import type {
  EmbedBatchOptions,
  EmbeddingModel,
  EmbedOptions,
  InputType,
} from "../contract/embedding-model.ts";
import { inOwnMemory } from "../response/own-memory.ts";
import { nameAlone, nameInList } from "../contract/text-name.ts";
import { callDeadline } from "../model/open-calls.ts";

/** What the calls of one group have in common. */
export interface GroupOptions {
  readonly inputType: InputType;
  readonly callbackManager: CallbackManager | undefined;
}

interface Caller<E extends ElementType> {
  readonly text: string;
  readonly deadline: Deadline;
  readonly event: EventLink | undefined;
  readonly result: PromiseWithResolvers<EmbeddingOf<E>>;
}

/** Single texts that become one request. */
export class CoalescedGroup<E extends ElementType> {
  readonly #model: EmbeddingModel<E>;
  readonly #options: GroupOptions;
  readonly #onSent: (group: CoalescedGroup<E>) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = new AbortController();
  /** The request belongs to the trace of the first caller, whoever sends it. */
  readonly #inContext = AsyncLocalStorage.snapshot();
  readonly #callers: Caller<E>[] = [];
  #waiting = 0;
  #event: EventLink | undefined;
  #isSent = false;

  /**
   * @param window milliseconds from now until it is sent
   * @param onSent called when it accepts no more texts
   */
  constructor(
    model: EmbeddingModel<E>,
    options: GroupOptions,
    window: number,
    onSent: (group: CoalescedGroup<E>) => void,
  ) {
    this.#model = model;
    this.#options = options;
    this.#onSent = onSent;
    this.#timer = setTimeout(() => this.send(), timerDelay(window));
  }

  get size(): number {
    return this.#callers.length;
  }

  /** The event of the request, once it is sent; `undefined` if nobody listens. */
  get event(): EventLink | undefined {
    return this.#event;
  }

  /** Whether calls with these options may join it. */
  isFor({ inputType, callbackManager }: GroupOptions): boolean {
    return this.#options.inputType === inputType && this.#options.callbackManager === callbackManager;
  }

  /** @param event of the caller */
  add(text: string, options: EmbedOptions, event: EventLink | undefined): Promise<EmbeddingOf<E>> {
    const deadline = callDeadline(`embedding with ${this.#model.provider}`, options);
    const caller = { text, deadline, event, result: Promise.withResolvers<EmbeddingOf<E>>() };
    this.#callers.push(caller);
    this.#waiting++;
    deadline.signal.addEventListener("abort", () => this.#leave(caller), { once: true });
    return caller.result.promise;
  }

  /** Sends the texts so far. Later callers form another group. */
  send(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    clearTimeout(this.#timer);
    this.#onSent(this);
    const callers = this.#callers.filter(({ deadline }) => !deadline.signal.aborted);
    if (callers.length > 0) void this.#inContext(() => this.#embed(callers));
  }

  async #embed(callers: readonly Caller<E>[]): Promise<void> {
    const texts = callers.map(({ text }) => text);
    const signal = this.#abort.signal;
    const shared: SharedCall = {
      callers: callers.flatMap(({ event }) => event ?? []),
      started: (event) => (this.#event = event),
    };
    try {
      const { embeddings, failed } = await this.#model.getTextEmbeddingBatch(texts, {
        ...this.#options,
        signal,
        settle: true,
        // Not among the options that users see.
        [sharedCall]: shared,
      } as EmbedBatchOptions & SettleOption);
      for (const [index, { result }] of callers.entries()) {
        const embedding = embeddings[index];
        // A caller who keeps one must not keep those of the others.
        if (embedding !== undefined) result.resolve(inOwnMemory(embedding));
      }
      for (const { index, error } of failed) callers[index]!.result.reject(this.#ownError(error, index));
    } catch (error) {
      for (const { result } of callers) {
        result.reject(error instanceof EmbeddingBatchError ? error.cause : error);
      }
    } finally {
      for (const { deadline } of callers) deadline.end();
    }
  }

  /** Names the only text of a caller, without an index. */
  #ownError(error: unknown, index: number): unknown {
    if (!(error instanceof RangeError)) return error;
    return new RangeError(error.message.replace(nameInList(index), nameAlone(this.#options.inputType)));
  }

  /** Removes one caller; a request without callers is aborted. */
  #leave({ deadline, result }: Caller<E>): void {
    result.reject(deadline.signal.reason);
    deadline.end();
    if (--this.#waiting === 0) {
      this.#abort.abort(deadline.signal.reason);
      this.send();
    }
  }
}
