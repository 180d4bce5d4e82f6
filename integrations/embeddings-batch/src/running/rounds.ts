import { existsSync } from "node:fs";
import type { CallbackManager, EventContext } from "@llx/callbacks";
import type { ElementType, EmbeddingModel } from "@llx/embeddings";
import type { BatchCache, BatchStatus, EmbeddingBatchService } from "@llx/embeddings/batch";
import { writeDurably } from "../files/durable-file.ts";
import { PartTexts } from "../files/part-texts.ts";
import { type LandedRound, ResultsWriter, RoundResults, type StoredFailure } from "../files/results-file.ts";
import type { RunDirectory } from "../files/run-directory.ts";
import { storedFailure } from "../files/stored-failure.ts";
import {
  isLost,
  isTransient,
  messageOf,
  noRoom,
  RefusedBatch,
  sentence,
  tooLarge,
} from "./batch-run-error.ts";
import { collectResults } from "./collect-results.ts";
import { fillCache } from "./fill-cache.ts";
import { roundInput } from "./round-input.ts";

/** What rounds need. */
export interface RoundOptions<E extends ElementType> {
  readonly directory: RunDirectory;
  readonly service: EmbeddingBatchService<E>;
  readonly cache: BatchCache<E> | undefined;
  readonly failed: "again" | "keep" | EmbeddingModel<E>;
  readonly attempts: number;
  readonly lost: "stop" | "again";
  readonly remove: boolean;
  readonly manager: CallbackManager;
  isCancelled(): boolean;
  /** Whether batches of other parts were at the service beside that of a part. */
  hadOthers(part: number): boolean;
}

/** Where a round is after a step. */
export type RoundOutcome = { readonly state: "waiting" } | SettledRound;

interface SettledRound {
  readonly state: "settled";
  readonly landed: LandedRound;
  /** Whether its batch has failed as a whole: the next one had better wait. */
  readonly hasFailed: boolean;
  /** Why its batch is to be sent again when others have ended; `undefined` if it is not. */
  readonly postponed?: string | undefined;
}

const waiting: RoundOutcome = { state: "waiting" };
/** Texts that are sent to a live model before they are stored: after a kill, these are sent again at most. */
const liveTexts = 1_000;
const ended: ReadonlySet<string> = new Set(["done", "failed", "expired", "cancelled"]);

/** The texts of a part that one batch has, or one call of a live model. */
interface Round {
  readonly part: number;
  readonly round: number;
  /** All texts of the part where absent. */
  readonly positions: readonly number[] | undefined;
  readonly count: number;
  /** Rounds before it that do not count, as the service had no room for their batches. */
  readonly postponed: number;
}

/** How often the texts of a round were sent, with it. */
const attemptOf = ({ round, postponed }: Round): number => round - postponed;

/**
 * Does what is next for a round of a part. What has happened is told by files that exist or do not, each of which is
 * written as a whole: a step that is repeated, in whatever process, does what is left of it.
 */
export class Rounds<E extends ElementType> {
  readonly #options: RoundOptions<E>;

  constructor(options: RoundOptions<E>) {
    this.#options = options;
  }

  async step(
    part: number,
    roundNumber: number,
    partCount: number,
    signal: AbortSignal,
  ): Promise<RoundOutcome> {
    const { directory, failed } = this.#options;
    if (existsSync(directory.results(part, roundNumber)))
      return this.#finish(part, roundNumber, false, signal);
    const { positions, postponed } = await this.#leftBy(part, roundNumber - 1);
    const count = positions?.length ?? partCount;
    const round: Round = { part, round: roundNumber, positions, count, postponed };
    if (attemptOf(round) > 1 && typeof failed === "object") return this.#embedLive(round, failed, signal);
    const batch = await directory.readBatch(part, roundNumber);
    if (batch === undefined) return this.#submit(round, signal);
    return this.#poll(round, batch, signal);
  }

  /** The name of a batch at the service. */
  #name({ part, round }: Round): string {
    return `llx-${this.#options.directory.manifest.id}-${part}-${round}`;
  }

  async #submit(round: Round, signal: AbortSignal): Promise<RoundOutcome> {
    const { directory, service, isCancelled } = this.#options;
    const name = this.#name(round);
    const intent = directory.intent(round.part, round.round);
    const checked = existsSync(intent);
    let batch: string | undefined;
    if (isCancelled()) {
      batch = checked ? await service.find(name, { signal }) : undefined;
      if (batch === undefined) return this.#settleWithoutBatch(round, "the run was cancelled");
    } else {
      // From here on, a batch of this name may exist.
      if (!checked) await writeDurably(intent, "");
      batch = await this.#event("submit", round, undefined, async (event) => {
        const { inputType } = directory.manifest;
        const path = directory.texts(round.part);
        const input = await roundInput(name, path, round.positions, service, inputType);
        const id = await service.submit(input, { signal, checked }).catch((error: unknown) => {
          throw isRefusal(error)
            ? new RefusedBatch(messageOf(error), tooLarge(round.count, service.batchLimits), error)
            : error;
        });
        event.set({ batch: id });
        return id;
      });
    }
    await writeDurably(directory.batch(round.part, round.round), batch);
    if (isCancelled()) await service.cancel(batch, { signal });
    return waiting;
  }

  async #poll(round: Round, batch: string, signal: AbortSignal): Promise<RoundOutcome> {
    const { service, lost, isCancelled } = this.#options;
    try {
      const status = await this.#event("poll", round, batch, async (event) => {
        const { state, done, failed, ...others } = await service.status(batch, { signal });
        event.set({ state, done, failed });
        return { state, done, failed, ...others };
      });
      if (!ended.has(status.state)) {
        // The process that has cancelled the run may have ended before it has told the service.
        if (isCancelled() && status.state !== "cancelling") await service.cancel(batch, { signal });
        return waiting;
      }
      return await this.#event("store", round, batch, () => this.#store(round, batch, status, signal));
    } catch (error) {
      if (lost === "stop" || !isLost(error)) throw error;
      return this.#settleLost(round, error);
    }
  }

  async #store(
    round: Round,
    batch: string,
    { state, message, hasResults, retryable: mayPass, isQueueFull = false }: BatchStatus,
    signal: AbortSignal,
  ): Promise<RoundOutcome> {
    const { directory, service, manager, isCancelled, hadOthers } = this.#options;
    const { provider, model } = service;
    const { inputType } = directory.manifest;
    const { part, round: number, positions, count, postponed } = round;
    const attempt = attemptOf(round);
    /** Why the batch has failed with all its texts, and they are kept for another one. */
    let rejection: string | undefined;
    let isPostponed = false;
    const writer = await ResultsWriter.create(directory.results(part, number));
    try {
      const start = { provider, model, count, attempt, inputType, batch };
      const { retryable, failed, usage } = await manager.event("embedding", start, async (event) => {
        const results = hasResults ? service.results(batch, { signal }) : none();
        const all = await collectResults(results, count, positions, { batch, state, message }, writer);
        const without = all.retryable.size + all.failed.size;
        event.set({ count: count - without, dimensions: all.length, usage: all.usage });
        return all;
      });
      const isRejected = state === "failed" && retryable.size === count;
      isPostponed = isRejected && isQueueFull && hadOthers(part) && !isCancelled();
      if (isRejected && (isPostponed || this.#sendsAgain(state, 0))) rejection = retryable.get(0)!.message;
      const sendsAgain = rejection !== undefined || this.#sendsAgain(state, attempt);
      const again = sendsAgain ? [...retryable.keys()].toSorted((a, b) => a - b) : [];
      if (again.length === 0) for (const [at, failure] of retryable) failed.set(at, failure);
      await writer.commit({ part, round: number, count }, positions, {
        batch,
        failed,
        again,
        postponed: postponed + (isPostponed ? 1 : 0),
        usage,
      });
    } catch (error) {
      await writer.discard();
      throw error;
    }
    const outcome = await this.#finish(part, number, state === "failed", signal);
    if (isPostponed) return { ...outcome, postponed: rejection };
    const { failed, attempts } = this.#options;
    if (rejection === undefined || failed !== "again") return outcome;
    if (attempt < attempts && mayPass !== false) return outcome;
    // What is wrong with the batch is wrong with the next one, unless somebody does something about it.
    const times = number === 1 ? "" : ` So ended all ${number} batches of these texts`;
    const remedy = (isQueueFull ? noRoom : tooLarge)(count, service.batchLimits);
    throw new RefusedBatch(`${sentence(rejection)}${times}`, remedy);
  }

  #sendsAgain(state: BatchStatus["state"], attempt: number): boolean {
    const { failed, attempts, isCancelled } = this.#options;
    // Whoever cancels a batch at its service does not want another one.
    if (failed === "keep" || state === "cancelled" || isCancelled()) return false;
    return failed === "again" ? attempt < attempts : true;
  }

  /** What follows the results: each may have been done by a killed process. */
  async #finish(
    part: number,
    round: number,
    hasFailed: boolean,
    signal?: AbortSignal,
  ): Promise<SettledRound> {
    const { directory, cache, service, remove } = this.#options;
    const results = await RoundResults.open(directory.results(part, round));
    await results.close();
    if (cache !== undefined) await fillCache(cache, directory, part, round, service.elementType);
    if (remove && results.batch !== undefined) await this.#remove(results.batch, signal);
    await directory.forgetBatch(part, round);
    return { state: "settled", landed: results.landed, hasFailed };
  }

  /** Files that stay at the service are no reason to stop a run whose results are stored. */
  async #remove(batch: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#options.service.remove(batch, { signal });
    } catch (error) {
      // The next call removes them.
      signal?.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      process.emitWarning(`the files of batch ${batch} could not be deleted at the service: ${message}`, {
        type: "BatchFilesRemain",
        code: "LLX_BATCH_FILES_REMAIN",
      });
    }
  }

  /** The batch is gone, and its results with it. */
  #settleLost(round: Round, error: unknown): Promise<RoundOutcome> {
    if (this.#sendsAgain("expired", attemptOf(round))) return this.#settle(round, new Map(), allOf(round));
    const failure = storedFailure(error);
    return this.#settle(round, new Map(allOf(round).map((number) => [number, failure])), []);
  }

  #settleWithoutBatch(round: Round, message: string): Promise<RoundOutcome> {
    const failure = { name: "AbortError", message };
    return this.#settle(round, new Map(allOf(round).map((number) => [number, failure])), []);
  }

  async #settle(
    { part, round, positions, count, postponed }: Round,
    failed: ReadonlyMap<number, StoredFailure>,
    again: readonly number[],
  ): Promise<RoundOutcome> {
    const { directory } = this.#options;
    const writer = await ResultsWriter.create(directory.results(part, round));
    try {
      await writer.commit({ part, round, count }, positions, {
        batch: undefined,
        failed,
        again,
        postponed,
        usage: undefined,
      });
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return this.#finish(part, round, false);
  }

  /** Sends some of the texts through a model; others wait for the next round. */
  async #embedLive(round: Round, model: EmbeddingModel<E>, signal: AbortSignal): Promise<RoundOutcome> {
    const { directory, isCancelled } = this.#options;
    if (isCancelled()) return this.#settleWithoutBatch(round, "the run was cancelled");
    const { inputType } = directory.manifest;
    const { part, positions, count, postponed } = round;
    const numbers = allOf(round);
    const now = numbers.slice(0, liveTexts);
    const stored = await PartTexts.open(directory.texts(part));
    const texts: string[] = [];
    try {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (const number of now) texts.push(await stored.read(positions?.[number] ?? number));
    } finally {
      await stored.close();
    }
    const { embeddings, failed, usage } = await model.getTextEmbeddingBatch(texts, {
      settle: true,
      inputType,
      signal,
      callbackManager: this.#options.manager,
    });
    signal.throwIfAborted();
    // The service is away, and no text is to blame: another visit tries again.
    const isAway = failed.length === now.length && failed.every(({ error }) => isTransient(error));
    if (isAway) throw failed[0]!.error;
    const writer = await ResultsWriter.create(directory.results(part, round.round));
    try {
      for (const [number, embedding] of embeddings.entries()) {
        // oxlint-disable-next-line no-await-in-loop -- one disk
        if (embedding !== undefined) await writer.put(number, embedding);
      }
      await writer.commit({ part, round: round.round, count }, positions, {
        batch: undefined,
        failed: new Map(failed.map(({ index, error }) => [index, storedFailure(error)])),
        again: numbers.slice(liveTexts),
        postponed,
        usage,
      });
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return this.#finish(part, round.round, false);
  }

  /** What a round has left for the next one: the positions in the part of its texts, if not all. */
  async #leftBy(part: number, round: number): Promise<Pick<Round, "positions" | "postponed">> {
    if (round === 0) return { positions: undefined, postponed: 0 };
    const before = await RoundResults.open(this.#options.directory.results(part, round));
    await before.close();
    const { again, positions, postponed } = before;
    return { positions: again.map((number) => positions?.[number] ?? number), postponed };
  }

  #event<R>(
    step: "submit" | "poll" | "store",
    { part, round, count }: Round,
    batch: string | undefined,
    body: (event: EventContext<"embedding_batch">) => Promise<R>,
  ): Promise<R> {
    const { service, manager } = this.#options;
    const { provider, model } = service;
    return manager.event("embedding_batch", { provider, model, step, part, round, batch, count }, body);
  }
}

/** Statuses with which services refuse what is sent, such as a file that is too large. */
const refusals: ReadonlySet<unknown> = new Set([400, 413, 422]);

/** Whether a batch is refused, by its service or by its own limits. */
function isRefusal(error: unknown): boolean {
  const { status, retryable } = (error ?? {}) as Record<string, unknown>;
  return error instanceof RangeError || (refusals.has(status) && retryable !== true);
}

const allOf = ({ count }: Round): number[] => Array.from({ length: count }, (_, number) => number);

async function* none(): AsyncGenerator<never> {
  // A batch that has ended before it has begun.
}
