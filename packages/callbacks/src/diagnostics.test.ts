import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, vi } from "vitest";
import { diagnosticsPublisher } from "./diagnostics.ts";
import { CallbackManager } from "./index.ts";

describe("diagnosticsPublisher", () => {
  it("publishes traces and events to those who subscribe", async () => {
    const seen: string[] = [];
    const manager = new CallbackManager({ handlers: [diagnosticsPublisher()] });
    const listener = (message: unknown, name: string | symbol): void => {
      const { type, name: trace } = message as { type?: string; name?: string };
      seen.push(`${String(name)} ${type ?? trace}`);
    };
    const names = ["llx:trace:start", "llx:event:start", "llx:event:end", "llx:trace:end"];
    for (const name of names) subscribe(name, listener);
    await manager.asTrace("job", () => manager.event("query", () => {}));
    for (const name of names) expect(unsubscribe(name, listener)).toBe(true);
    await manager.event("tree", () => {});
    expect(seen).toEqual(names.map((name) => `${name} ${name.includes("trace") ? "job" : "query"}`));
  });

  it("keeps the error of a subscriber from the work and from the process", async () => {
    const uncaught = vi.fn();
    const print = vi.spyOn(console, "error").mockImplementation(() => {});
    const others = vi.fn();
    const broken = (): never => {
      throw new Error("broken subscriber");
    };
    process.on("uncaughtException", uncaught);
    const manager = new CallbackManager({ handlers: [diagnosticsPublisher()] });
    const target = channel("llx:event:end");
    target.subscribe(broken);
    subscribe("llx:event:end", others);
    try {
      for (let n = 0; n < 2; n++) expect(await manager.event("query", () => 3)).toBe(3);
      // Node reports in the next tick.
      await new Promise((resolve) => setImmediate(resolve));
      expect(uncaught).not.toHaveBeenCalled();
      expect(others).toHaveBeenCalledTimes(2);
      expect(print).toHaveBeenCalledOnce();
    } finally {
      process.off("uncaughtException", uncaught);
      print.mockRestore();
      expect(target.unsubscribe(broken)).toBe(true);
      unsubscribe("llx:event:end", others);
    }
  });
});
