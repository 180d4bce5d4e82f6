import type { EngineChoice } from "./choose-engine.ts";
import type { Engine } from "./engine.ts";
import type { LocalModel } from "./local-model.ts";
import { openWasmEngine } from "./wasm-engine.ts";

/** What a thread has opened. */
export interface OpenedEngine {
  readonly engine: Engine;
  /** Why this is not the engine of choice. */
  readonly problem?: string | undefined;
}

/**
 * Opens an engine. If native code cannot be loaded and is not required, WebAssembly takes its place.
 *
 * @throws what the engine throws
 */
export async function openEngine(
  model: LocalModel,
  { name, required }: EngineChoice,
  openOnnx: (model: LocalModel) => Promise<Engine>,
  openWasm = openWasmEngine,
): Promise<OpenedEngine> {
  if (name === "wasm") return { engine: await openWasm(model) };
  try {
    return { engine: await openOnnx(model) };
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
    const problem = `onnxruntime-node is installed, but does not work on ${process.platform}-${process.arch}: ${reason}`;
    if (required) throw new Error(problem, { cause: error });
    return { engine: await openWasm(model), problem };
  }
}
