import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { Serialized } from "@langchain/core/load/serializable";
import type { BaseMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { type CallbackManager, currentCallbackManager, type EventContext } from "@llx/callbacks";
import { checkNames, type NamesOf } from "@llx/support";
import { endPayloadOf } from "./end-payload.ts";

/** Which manager records the calls. */
export interface LlmEventHandlerOptions {
  /** Receives the events. Default: the manager of the caller's trace, else the global handlers. */
  readonly callbackManager?: CallbackManager | undefined;
}

const names: NamesOf<LlmEventHandlerOptions> = { callbackManager: true };

/** The start of a call, as LangChain passes it to handlers. */
interface Start {
  readonly llm: Serialized;
  readonly prompt: () => unknown;
  readonly extra: Record<string, unknown> | undefined;
  readonly metadata: Record<string, unknown> | undefined;
}

/** A call that has started and not ended. */
interface Run {
  readonly event: EventContext<"llm">;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/**
 * A LangChain.js callback handler that records each call of a chat model or an LLM as an `llm` event. LangChain awaits
 * it, and what a handler with `raiseErrors` throws, such as a `TokenBudgetError`, stops the call.
 *
 * @example
 * ```ts
 * import { ChatOpenAI } from "@langchain/openai";
 *
 * const model = new ChatOpenAI({ model: "gpt-5-mini", callbacks: [new LlmEventHandler()] });
 * ```
 */
export class LlmEventHandler extends BaseCallbackHandler {
  readonly name = "LlmEventHandler";
  readonly callbackManager: CallbackManager | undefined;
  readonly #runs = new Map<string, Run>();

  /** @throws TypeError for an unknown option */
  constructor(options: LlmEventHandlerOptions = {}) {
    checkNames(options, names);
    // Otherwise LangChain would call it later, outside the trace of the call.
    super({ _awaitHandler: true, raiseError: true });
    this.callbackManager = options.callbackManager;
  }

  override handleChatModelStart(
    llm: Serialized,
    messages: BaseMessage[][],
    runId: string,
    _parentRunId?: string,
    extra?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): void {
    const prompt = (): unknown =>
      messages.flat().map((message) => ({ role: message.getType(), content: message.content }));
    this.#start(runId, { llm, prompt, extra, metadata });
  }

  override handleLLMStart(
    llm: Serialized,
    prompts: string[],
    runId: string,
    _parentRunId?: string,
    extra?: Record<string, unknown>,
    _tags?: string[],
    metadata?: Record<string, unknown>,
  ): void {
    this.#start(runId, { llm, prompt: () => prompts.join("\n"), extra, metadata });
  }

  override handleLLMNewToken(token: string, _index: unknown, runId: string): void {
    if (token !== "") this.#runs.get(runId)?.event.chunk(token);
  }

  override handleLLMEnd(output: LLMResult, runId: string): void {
    this.#end(runId)?.event.onEnd(endPayloadOf(output));
  }

  override handleLLMError(error: unknown, runId: string): void {
    const run = this.#end(runId);
    // LangChain may have wrapped the reason in its own error.
    run?.event.fail(run.signal?.aborted ? run.signal.reason : error);
  }

  #start(runId: string, { llm, prompt, extra, metadata = {} }: Start): void {
    const manager = this.callbackManager ?? currentCallbackManager();
    if (manager === undefined) return;
    const { options, invocation_params: params } = (extra ?? {}) as {
      readonly options?: { readonly signal?: AbortSignal };
      readonly invocation_params?: { readonly model?: unknown };
    };
    const signal = options?.signal;
    const payload = {
      provider: named(metadata["ls_provider"]) ?? llm.id.at(-1),
      model: named(metadata["ls_model_name"]) ?? named(params?.model),
      content: () => ({ prompt: prompt() }),
    };
    const event = manager.startEvent("llm", payload, { signal });
    // LangChain reports nothing more about a stream that the consumer stops early.
    const onAbort = (): void => this.handleLLMError(signal?.reason, runId);
    this.#runs.set(runId, { event, signal, onAbort });
    signal?.addEventListener("abort", onAbort, { once: true });
  }

  #end(runId: string): Run | undefined {
    const run = this.#runs.get(runId);
    run?.signal?.removeEventListener("abort", run.onAbort);
    this.#runs.delete(runId);
    return run;
  }
}

function named(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
