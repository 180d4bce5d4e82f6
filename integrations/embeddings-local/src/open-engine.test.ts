import { describe, expect, it } from "vitest";
import type { Engine, EngineName } from "./engine.ts";
import { includedModel } from "./local-model.ts";
import { openEngine } from "./open-engine.ts";

const model = includedModel();
const engineNamed = (name: EngineName) => async (): Promise<Engine> => ({ name, async *embed() {} });
const openOnnx = engineNamed("onnxruntime-node");
const openWasm = engineNamed("wasm");
const broken = async (): Promise<Engine> => {
  throw new Error("libc.so.6: version `GLIBC_2.38' not found\nRequire stack:\n- /home/me/index.js");
};

describe("openEngine", () => {
  it("opens the engine of choice", async () => {
    const choice = { name: "onnxruntime-node", required: false } as const;
    expect(await openEngine(model, choice, openOnnx, broken)).toEqual({
      engine: expect.objectContaining({ name: "onnxruntime-node" }) as Engine,
    });
    expect((await openEngine(model, { name: "wasm", required: false }, broken, openWasm)).engine.name).toBe(
      "wasm",
    );
  });

  it("takes WebAssembly where native code does not load, and says why in one line", async () => {
    const opened = await openEngine(model, { name: "onnxruntime-node", required: false }, broken, openWasm);
    expect(opened.engine.name).toBe("wasm");
    expect(opened.problem).toBe(
      `onnxruntime-node is installed, but does not work on ${process.platform}-${process.arch}: ` +
        "libc.so.6: version `GLIBC_2.38' not found",
    );
  });

  it("fails where native code is required and does not load", async () => {
    const choice = { name: "onnxruntime-node", required: true } as const;
    await expect(openEngine(model, choice, broken, openWasm)).rejects.toThrow("does not work on");
  });
});
