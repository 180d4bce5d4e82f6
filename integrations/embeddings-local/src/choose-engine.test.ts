import { describe, expect, it } from "vitest";
import { chooseEngine } from "./choose-engine.ts";
import type { EngineName } from "./engine.ts";

describe("chooseEngine", () => {
  it("takes native code where it is installed", () => {
    expect(chooseEngine(undefined, () => true)).toEqual({ name: "onnxruntime-node", required: false });
    expect(chooseEngine(undefined, () => false)).toEqual({ name: "wasm", required: false });
  });

  it("looks for the package onnxruntime-node", () => {
    const names: string[] = [];
    chooseEngine(undefined, (name) => names.push(name) > 0);
    expect(names).toEqual(["onnxruntime-node"]);
  });

  it("takes the engine that is named", () => {
    expect(chooseEngine("wasm", () => true)).toEqual({ name: "wasm", required: true });
    expect(chooseEngine("onnxruntime-node", () => true)).toEqual({
      name: "onnxruntime-node",
      required: true,
    });
  });

  it("refuses an engine that is not installed, or that there is not", () => {
    expect(() => chooseEngine("onnxruntime-node", () => false)).toThrow(
      new TypeError(
        'the engine onnxruntime-node is not installed: run "npm install onnxruntime-node", or leave out engine',
      ),
    );
    expect(() => chooseEngine("cuda" as EngineName)).toThrow(
      new TypeError('engine must be "onnxruntime-node" or "wasm", not "cuda"'),
    );
  });
});
