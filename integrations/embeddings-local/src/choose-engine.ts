import nodeModule from "node:module";
import type { EngineName } from "./engine.ts";

/** What a thread is to open. */
export interface EngineChoice {
  readonly name: EngineName;
  /** Whether no other engine may take its place. */
  readonly required: boolean;
}

const isInstalled = (name: string): boolean => {
  try {
    return nodeModule.findPackageJSON(name, import.meta.url) !== undefined;
  } catch {
    return false;
  }
};

/**
 * The given engine, or else the fastest that is installed.
 *
 * @param nativeOnly an option that WebAssembly does not support
 * @throws TypeError for an unknown engine, for one that is not installed, and where the option needs another
 */
export function chooseEngine(
  given: EngineName | undefined,
  nativeOnly?: string,
  installed = isInstalled,
): EngineChoice {
  if (
    nativeOnly !== undefined &&
    (given === "wasm" || (given === undefined && !installed("onnxruntime-node")))
  ) {
    throw new TypeError(
      `${nativeOnly} is computed by the engine onnxruntime-node only: run "npm install onnxruntime-node"` +
        (given === undefined ? "" : ", and leave out engine"),
    );
  }
  if (given === undefined && nativeOnly !== undefined) return { name: "onnxruntime-node", required: true };
  if (given === undefined) {
    return { name: installed("onnxruntime-node") ? "onnxruntime-node" : "wasm", required: false };
  }
  if (given !== "wasm" && given !== "onnxruntime-node") {
    const shown = JSON.stringify(String(given).slice(0, 30));
    throw new TypeError(`engine must be "onnxruntime-node" or "wasm", not ${shown}`);
  }
  if (given === "onnxruntime-node" && !installed(given)) {
    throw new TypeError(
      'the engine onnxruntime-node is not installed: run "npm install onnxruntime-node", or leave out engine',
    );
  }
  return { name: given, required: true };
}
