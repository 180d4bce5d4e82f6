import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Middleware,
} from "@ai-sdk/provider";
import { type CallbackManager, currentCallbackManager, type PayloadArgument } from "@llx/callbacks";
import { checkNames, type NamesOf } from "@llx/support";
import { endPayloadOf } from "./end-payload.ts";
import { streamInEvent } from "./stream-in-event.ts";

/** Which manager records the calls. */
export interface LlmEventMiddlewareOptions {
  /** Receives the events. Default: the manager of the caller's trace, else the global handlers. */
  readonly callbackManager?: CallbackManager | undefined;
}

const names: NamesOf<LlmEventMiddlewareOptions> = { callbackManager: true };

/**
 * A middleware for language models of the AI SDK's specification v4 (`wrapLanguageModel` upgrades older ones). The
 * interface is declared here, because the SDK's types cannot be imported by CommonJS.
 */
export interface LlmEventMiddleware {
  readonly specificationVersion: "v4";
  wrapGenerate<R>(call: Call & { readonly doGenerate: () => PromiseLike<R> }): PromiseLike<R>;
  wrapStream<R>(call: Call & { readonly doStream: () => PromiseLike<R> }): PromiseLike<R>;
}

interface Call {
  readonly params: { readonly abortSignal?: AbortSignal | undefined };
  readonly model: { readonly provider: string; readonly modelId: string };
}

/**
 * Records each call of a language model of the Vercel AI SDK as an `llm` event, for `wrapLanguageModel`. Each retry of the
 * SDK is an event of its own. What a handler with `raiseErrors` throws, such as a `TokenBudgetError`, stops the call.
 *
 * @throws TypeError for an unknown option
 * @example
 * ```ts
 * import { gateway, wrapLanguageModel } from "ai";
 *
 * const middleware = llmEventMiddleware();
 * const model = wrapLanguageModel({ model: gateway("openai/gpt-5-mini"), middleware });
 * ```
 */
export function llmEventMiddleware(options: LlmEventMiddlewareOptions = {}): LlmEventMiddleware {
  checkNames(options, names);
  const { callbackManager } = options;
  const middleware: LanguageModelV4Middleware = {
    specificationVersion: "v4",

    wrapGenerate({ doGenerate, params, model }) {
      const manager = callbackManager ?? currentCallbackManager();
      if (manager === undefined) return doGenerate();
      const signal = params.abortSignal;
      return manager.event(
        "llm",
        startOf(model, params),
        async (event) => {
          const result = await doGenerate();
          event.set(endPayloadOf(result));
          return result;
        },
        { signal },
      );
    },

    async wrapStream({ doStream, params, model }) {
      const manager = callbackManager ?? currentCallbackManager();
      if (manager === undefined) return doStream();
      const signal = params.abortSignal;
      const event = manager.startEvent("llm", startOf(model, params), { signal });
      try {
        const result = await event.run(doStream);
        return { ...result, stream: streamInEvent(result.stream, event, signal) };
      } catch (error) {
        event.fail(error);
        throw error;
      }
    },
  };
  return middleware as LlmEventMiddleware;
}

function startOf(
  { provider, modelId }: LanguageModelV4,
  { prompt }: LanguageModelV4CallOptions,
): PayloadArgument<"llm"> {
  return { provider, model: modelId, content: () => ({ prompt }) };
}
