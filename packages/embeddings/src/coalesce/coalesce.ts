import { checkCount, checkMilliseconds, checkNames, describeKind, type NamesOf } from "@llx/support";
import { CoalescedGroup, type GroupOptions } from "./coalesced-group.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import type { EmbeddingModel, EmbedOptions, InputType } from "../contract/embedding-model.ts";
import { checkSingleOptions } from "../model/check-call.ts";
import { nameAlone } from "../contract/text-name.ts";
import { managerOf } from "../model/model-manager.ts";
import { linkTo } from "../support/link-to.ts";
import { checkIsString } from "../plan/check-text.ts";

/** How long calls are gathered into one request. */
export interface CoalesceOptions {
  /**
   * Milliseconds that the first text waits for others; 0 waits until the end of the current turn of the event loop.
   *
   * @default 2
   */
  readonly window?: number | undefined;
  /**
   * The number of texts at which the request is sent without a further wait.
   *
   * @default as many as one request of the model takes
   */
  readonly maxTexts?: number | undefined;
}

const names: NamesOf<CoalesceOptions> = { window: true, maxTexts: true };
const defaultWindow = 2;

/**
 * A model whose single calls (`getTextEmbedding`, `getQueryEmbedding`) made close together become one request: for
 * servers where each user asks for one embedding. Each caller gets its own result or error. An abort or a
 * `totalTimeout` ends the wait of its caller only; the request is aborted when no caller waits for it. Calls
 * with different callback managers do not share a request. Each call is an `embed_texts` event in its own trace, with the
 * event of the request they share as `sharedCall`; that one is in the trace of the first caller, and names all of them.
 *
 * Everything else is the model's own; closing one closes the other.
 *
 * @throws TypeError for a value that is not a model; TypeError or RangeError for invalid options
 *
 * @example
 * ```ts
 * const shared = coalesce(model, { window: 5 });
 * const [a, b] = await Promise.all([shared.getTextEmbedding("a"), shared.getTextEmbedding("b")]); // one request
 * ```
 */
export function coalesce<E extends ElementType>(
  model: EmbeddingModel<E>,
  options: CoalesceOptions = {},
): EmbeddingModel<E> {
  if (typeof model?.getTextEmbeddingBatch !== "function") {
    throw new TypeError(`coalesce needs an embedding model, not ${describeKind(model)}`);
  }
  checkNames(options, names);
  const { window = defaultWindow, maxTexts = model.limits.inputs } = options;
  checkMilliseconds("window", window);
  checkCount("maxTexts", maxTexts);
  /** The groups that still accept texts: one for each kind of call. */
  const groups = new Set<CoalescedGroup<E>>();

  const embed = async (
    text: string,
    inputType: InputType,
    call: EmbedOptions = {},
  ): Promise<EmbeddingOf<E>> => {
    checkSingleOptions(call);
    checkIsString(text, 0, () => nameAlone(inputType));
    call.signal?.throwIfAborted();
    const { provider, model: name } = model;
    const payload = { provider, model: name, inputType, count: 1 };
    return managerOf(model, call).event(
      "embed_texts",
      payload,
      async (event) => {
        const group = groupFor({ inputType, callbackManager: call.callbackManager });
        const embedding = group.add(text, call, linkTo(event));
        if (group.size >= maxTexts) group.send();
        try {
          return await embedding;
        } finally {
          event.set({ count: 1, dimensions: model.dimensions, sharedCall: group.event });
        }
      },
      { signal: call.signal },
    );
  };

  const groupFor = (kind: GroupOptions): CoalescedGroup<E> => {
    for (const group of groups) if (group.isFor(kind)) return group;
    const group = new CoalescedGroup(model, kind, window, (sent) => groups.delete(sent));
    groups.add(group);
    return group;
  };

  return {
    provider: model.provider,
    model: model.model,
    elementType: model.elementType,
    limits: model.limits,
    countTokens: model.countTokens,
    capabilities: model.capabilities,
    get dimensions() {
      return model.dimensions;
    },
    get closed() {
      return model.closed;
    },
    getTextEmbedding: (text, call) => embed(text, "document", call),
    getQueryEmbedding: (query, call) => embed(query, "query", call),
    getTextEmbeddingBatch: model.getTextEmbeddingBatch.bind(model),
    streamTextEmbeddings: model.streamTextEmbeddings.bind(model),
    estimate: model.estimate.bind(model),
    aclose: async (close) => {
      for (const group of groups) group.send();
      await model.aclose(close);
    },
    [Symbol.asyncDispose]() {
      return this.aclose();
    },
  };
}
