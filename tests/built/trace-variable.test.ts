import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const program = `
  const manager = new CallbackManager();
  manager.event("query", { content: { query: "Who?" } }, () => {}).then(() => console.log("done"));
`;

/** Runs a program without any code for tracing, with the packages as published. */
function run(type: "module" | "commonjs", mode: string | undefined): { stdout: string; stderr: string } {
  const head =
    type === "module"
      ? 'import { CallbackManager } from "./packages/callbacks/dist/index.js";'
      : 'const { CallbackManager } = require("./packages/callbacks/dist/index.cjs");';
  const { LLX_TRACE: _, ...env } = process.env;
  return spawnSync(process.execPath, [`--input-type=${type}`, "--eval", head + program], {
    encoding: "utf8",
    env: { ...env, ...(mode !== undefined && { LLX_TRACE: mode }) },
  });
}

describe.each(["module", "commonjs"] as const)("LLX_TRACE in a program that is a %s", (type) => {
  it("prints events, texts or trees to stderr, as asked", () => {
    const printed = run(type, "print");
    expect(printed.stdout).toBe("done\n");
    expect(printed.stderr).toMatch(/^> query\n< query [\d.]+ .s\n$/);
    expect(run(type, "print-full").stderr).toMatch(/^> query\n {2}\| query: Who\?\n< query /);
    expect(run(type, "debug").stderr).toMatch(/^trace query .*\n└─ query/);
  });

  it("prints nothing without it", () => {
    expect(run(type, undefined)).toMatchObject({ stdout: "done\n", stderr: "" });
  });
});
