import type { CallbackManager } from "@llx/callbacks";
import { checkWhole } from "../model/check-call.ts";
import { CoalescedGroup } from "./coalesced-group.ts";
import type { ElementType, EmbeddingOf } from "../contract/element-type.ts";
import type { EmbeddingModel, EmbedOptions, InputType } from "../contract/embedding-model.ts";

/** For how long calls are gathered into one request. */
export interface CoalesceOptions {
  /** Milliseconds that the first text waits for others. Default 2; 0 waits for the current turn of the event loop. */
  readonly window?: number | undefined;
  /** So many texts are sent without a further wait. Default: as many as one request of the model takes. */
  readonly maxTexts?: number | undefined;
}

const defaultWindow = 2;

/**
 * A model whose single calls (`getTextEmbedding`, `getQueryEmbedding`) made close together become one request: for
 * servers where each user asks for one embedding. Each caller gets a result or an error of its own. An abort or a
 * `callTimeout` ends the wait of its caller alone; the request is aborted when nobody waits for it any more. Calls
 * with different callback managers do not share; the events of a request are in the trace of its first caller.
 *
 * All else is the model's own; closing the one closes the other.
 *
 * @throws TypeError for what is no model; RangeError or TypeError for a window or a number that is none
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
    throw new TypeError("coalesce needs an embedding model");
  }
  const { window = defaultWindow, maxTexts = model.limits.inputs } = options;
  if (typeof window !== "number" || !(window >= 0 && window < 2 ** 31)) {
    throw new RangeError(`window must be a number of milliseconds from 0, not ${String(window)}`);
  }
  checkWhole("maxTexts", maxTexts);
  // The group that takes texts now, for each kind of call.
  const groups: {
    readonly inputType: InputType;
    readonly callbackManager: CallbackManager | undefined;
    readonly group: CoalescedGroup<E>;
  }[] = [];

  const embed = async (
    text: string,
    inputType: InputType,
    call: EmbedOptions = {},
  ): Promise<EmbeddingOf<E>> => {
    call.signal?.throwIfAborted();
    const { callbackManager } = call;
    let open = groups.find(
      (each) => each.inputType === inputType && each.callbackManager === callbackManager,
    );
    if (open === undefined) {
      const group = new CoalescedGroup(model, { inputType, callbackManager }, window, () => {
        groups.splice(groups.indexOf(open!), 1);
      });
      open = { inputType, callbackManager, group };
      groups.push(open);
    }
    const embedding = open.group.add(text, call);
    if (open.group.size >= maxTexts) open.group.send();
    return embedding;
  };

  return {
    provider: model.provider,
    model: model.model,
    elementType: model.elementType,
    limits: model.limits,
    capabilities: model.capabilities,
    get dimensions() {
      return model.dimensions;
    },
    get closed() {
      return model.closed;
    },
    getTextEmbedding: (text, call) => embed(text, "document", call),
    getQueryEmbedding: (query, call) => embed(query, "query", call),
    getTextEmbeddingBatch: bound(model, "getTextEmbeddingBatch"),
    streamTextEmbeddings: bound(model, "streamTextEmbeddings"),
    aclose: async (close) => {
      while (groups.length > 0) groups[0]!.group.send();
      await model.aclose(close);
    },
    [Symbol.asyncDispose]() {
      return this.aclose();
    },
  };
}

/** A method that has kept its overloads. */
function bound<M extends object, K extends keyof M>(model: M, name: K): M[K] {
  const method: unknown = model[name];
  if (typeof method !== "function") throw new TypeError(`${String(name)} is no method`);
  return method.bind(model) as M[K];
}
