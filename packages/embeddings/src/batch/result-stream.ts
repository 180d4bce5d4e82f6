import { retry, type RetryOptions } from "@llx/async";
import { errorProperty, isObject } from "@llx/support";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import { EmbeddingResponseError } from "../contract/embedding-response-error.ts";
import { dimensionsAdvice } from "../response/dimensions-advice.ts";
import { orderEmbeddings } from "../response/order-embeddings.ts";
import { parseEmbeddings } from "../response/parse-embeddings.ts";
import { dimensionsOf } from "../response/read-embedding.ts";
import { readUsage } from "../response/read-usage.ts";
import type { BatchProvider } from "./batch-provider.ts";
import type { BatchResult } from "./batch-service.ts";
import { BatchTextError } from "./batch-text-error.ts";
import { isBatchName } from "./check-batch.ts";
import type { SeenIds } from "./seen-ids.ts";
import { shownMessage } from "./shown-message.ts";

/** Verifies the lines of results. It knows how many dimensions the embeddings of a service have. */
export class ResultReader {
  readonly #provider: BatchProvider<ElementType>;
  readonly #allowZero: boolean;
  readonly #elementType: ElementType;
  #dimensions: number | undefined;

  constructor(provider: BatchProvider<ElementType>, allowZero: boolean) {
    this.#provider = provider;
    this.#allowZero = allowZero;
    this.#elementType = provider.elementType ?? "float";
    this.#dimensions = provider.dimensions;
  }

  /** As declared, or as in the first embedding. */
  get dimensions(): number | undefined {
    return this.#dimensions;
  }

  /**
   * The result of a line.
   *
   * @param number of the line, from 1
   * @param seen the ids before, to which its own is added
   * @throws EmbeddingResponseError for a line that cannot be attributed to a text
   */
  read(line: Uint8Array, number: number, seen: SeenIds): BatchResult<ElementType> {
    const refuse = (problem: string, retryable: boolean): never => {
      throw new EmbeddingResponseError(this.#provider.provider, problem, { retryable, requestId: undefined });
    };
    let parsed: unknown;
    try {
      parsed = parseEmbeddings(line);
    } catch {
      // Half of a line, if a download was cut unnoticed.
      return refuse(`line ${number} of the results is not JSON`, true);
    }
    if (!isObject(parsed)) return refuse(`line ${number} of the results is not an object`, false);
    const { id, response, failure } = this.#provider.readLine(parsed);
    if (!isBatchName(id)) return refuse(`line ${number} of the results does not name its text`, false);
    if (seen.add(id)) return refuse(`line ${number} of the results names the text ${id} again`, false);
    const usage = readUsage(response?.usage);
    if (failure !== undefined) {
      const shown = shownMessage(failure.message, (message) => this.#redact(message));
      return { id, error: new BatchTextError(this.#provider.provider, id, failure, shown), usage };
    }
    try {
      const [embedding] = orderEmbeddings({ ...response, embeddings: response?.embeddings }, 1, {
        provider: this.#provider.provider,
        elementType: this.#elementType,
        dimensions: this.#dimensions,
        advice: (received) => dimensionsAdvice(this.#provider, received),
        allowZero: this.#allowZero,
        nameOf: () => `the text ${id}`,
      });
      this.#dimensions ??= dimensionsOf(embedding!, this.#elementType);
      return { id, embedding: embedding as EmbeddingOf<ElementType>, usage };
    } catch (error) {
      return { id, error: error as Error, usage };
    }
  }

  #redact(message: string): string {
    return this.#provider.redact?.(message) ?? message;
  }
}

/**
 * The lines of a download. One that breaks off is begun again where it stopped: failures count from the last line that
 * arrived.
 */
export async function* resumedLines(
  open: (attempt: { readonly signal: AbortSignal; readonly attempt: number }) => AsyncIterable<Uint8Array>,
  options: RetryOptions & { readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { attempts = 3, signal } = options;
  let lines: AsyncIterator<Uint8Array> | undefined;
  let read = 0;
  const begin = async (attempt: Parameters<typeof open>[0]): Promise<IteratorResult<Uint8Array>> => {
    const begun = open(attempt)[Symbol.asyncIterator]();
    lines = begun;
    for (let skipped = 0; skipped < read; skipped++) {
      // oxlint-disable-next-line no-await-in-loop -- one line after another
      const { done } = await begun.next();
      if (done) return { done: true, value: undefined };
    }
    return begun.next();
  };
  const resume = async (error: unknown): Promise<IteratorResult<Uint8Array>> => {
    if (signal.aborted || attempts === 1 || errorProperty(error, "retryable") === false) throw error;
    return retry(begin, { ...options, attempts: attempts - 1 });
  };
  try {
    let next = await retry(begin, options);
    while (!next.done) {
      read++;
      yield next.value;
      // What has arrived already is not worth more than an end in time.
      signal.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop
      next = await lines!.next().catch(resume);
    }
  } finally {
    await lines?.return?.();
  }
}
