import { describe, expect, it } from "vitest";
import { chooseEngine } from "./choose-engine.ts";
import type { EngineName } from "./engine.ts";

describe("chooseEngine", () => {
  it("takes native code where it is installed", () => {
    expect(chooseEngine(undefined, undefined, () => true)).toEqual({
      name: "onnxruntime-node",
      required: false,
    });
    expect(chooseEngine(undefined, undefined, () => false)).toEqual({ name: "wasm", required: false });
  });

  it("looks for the package onnxruntime-node", () => {
    const names: string[] = [];
    chooseEngine(undefined, undefined, (name) => names.push(name) > 0);
    expect(names).toEqual(["onnxruntime-node"]);
  });

  it("takes the engine that is named", () => {
    expect(chooseEngine("wasm", undefined, () => true)).toEqual({ name: "wasm", required: true });
    expect(chooseEngine("onnxruntime-node", undefined, () => true)).toEqual({
      name: "onnxruntime-node",
      required: true,
    });
  });

  it("refuses an engine that is not installed, or that there is not", () => {
    expect(() => chooseEngine("onnxruntime-node", undefined, () => false)).toThrow(
      new TypeError(
        'the engine onnxruntime-node is not installed: run "npm install onnxruntime-node", or leave out engine',
      ),
    );
    expect(() => chooseEngine("cuda" as EngineName)).toThrow(
      new TypeError('engine must be "onnxruntime-node" or "wasm", not "cuda"'),
    );
  });

  it("takes only native code for what WebAssembly does not compute", () => {
    const option = 'pooling "cls"';
    const native = { name: "onnxruntime-node", required: true };
    expect(chooseEngine(undefined, option, () => true)).toEqual(native);
    expect(chooseEngine("onnxruntime-node", option, () => true)).toEqual(native);
    const advice =
      'pooling "cls" is computed by the engine onnxruntime-node only: run "npm install onnxruntime-node"';
    expect(() => chooseEngine(undefined, option, () => false)).toThrow(new TypeError(advice));
    expect(() => chooseEngine("wasm", option, () => true)).toThrow(
      new TypeError(`${advice}, and leave out engine`),
    );
  });
});
