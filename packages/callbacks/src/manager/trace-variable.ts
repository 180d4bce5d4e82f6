import type { CallbackHandler } from "../contract/callback-handler.ts";
import { type Hook, hooks } from "../delivery/handler-delivery.ts";
import type { DebugHandler } from "../handlers/debug-handler.ts";
import type { PrintingHandler } from "../handlers/printing-handler.ts";
import { sharedState } from "../traces/shared-state.ts";

/** What `LLX_TRACE` may be. */
const modes: readonly string[] = ["print", "print-full", "debug"];

/** Reads the environment variable `LLX_TRACE`, once, and adds the handler that it asks for to the global ones. */
export function readTraceVariable(): void {
  if (sharedState.environmentHandlers !== undefined) return;
  const mode = environmentVariable();
  const isKnown = modes.includes(mode);
  sharedState.environmentHandlers = isKnown ? [lateHandler(mode)] : [];
  if (isKnown) {
    sharedState.globalHandlers = [...sharedState.globalHandlers, ...sharedState.environmentHandlers];
    sharedState.globalVersion++;
  } else if (mode !== "") {
    warn(`LLX_TRACE=${mode} traces nothing: it may be ${modes.join(", ")}`);
  }
}

function environmentVariable(): string {
  try {
    // In browsers and on some edge runtimes there is no process, and Deno throws without permission.
    const { process: here } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    return here?.env?.["LLX_TRACE"] ?? "";
  } catch {
    return "";
  }
}

/** Passes calls on to a handler that is loaded meanwhile, the early ones too. */
function lateHandler(mode: string): CallbackHandler {
  let handler: CallbackHandler | undefined;
  let early: (() => unknown)[] | undefined = [];
  const load = async (): Promise<void> => {
    try {
      handler = await loadHandler(mode);
      for (const call of early ?? []) call();
    } catch (error) {
      warn(`LLX_TRACE=${mode} traces nothing, because @llx/callbacks cannot be loaded: ${String(error)}`);
    }
    early = undefined;
  };
  const loaded = load();
  const passes = hooks.map((hook): [Hook, (...given: unknown[]) => void] => [
    hook,
    (...given) => {
      const call = (): unknown => handler?.[hook]?.(...(given as [never, never]));
      if (early === undefined) call();
      else early.push(call);
    },
  ]);
  const capture = mode === "print-full" ? "full" : "sizes";
  return { name: "LLX_TRACE", capture, ...Object.fromEntries(passes), flush: () => loaded };
}

interface Handlers {
  readonly DebugHandler: typeof DebugHandler;
  readonly PrintingHandler: typeof PrintingHandler;
}

async function loadHandler(mode: string): Promise<CallbackHandler> {
  // Hidden from bundlers: a bundle would contain the handlers of every mode, whether the variable is set or not.
  const self = ["@llx", "callbacks"].join("/");
  const { DebugHandler, PrintingHandler } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ self
  )) as Handlers;
  if (mode === "debug") return new DebugHandler({ printTraceOnEnd: true, stacks: true });
  // To stderr: what the program writes to stdout is its own.
  const logger = { info: (line: string) => void process.stderr.write(`${line}\n`) };
  return new PrintingHandler({ logger, capture: mode === "print" ? "sizes" : "full" });
}

function warn(message: string): void {
  process.emitWarning(message, { type: "TraceVariableUnusable", code: "LLX_TRACE_UNUSABLE" });
}
