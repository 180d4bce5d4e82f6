import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallbackManager } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readRecord } from "../record/read-record.ts";
import { DevtoolsHandler, type DevtoolsHandlerOptions } from "./devtools-handler.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-handler-"));
  vi.stubEnv("TMPDIR", folder);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const quiet = { write: () => {} };

async function firstLines(address: string, until: string): Promise<string> {
  const leave = new AbortController();
  const response = await fetch(new URL("events", address), { signal: leave.signal });
  let text = "";
  for await (const piece of response.body!) {
    text += Buffer.from(piece).toString();
    if (text.includes(until)) break;
  }
  leave.abort();
  return text;
}

describe("DevtoolsHandler", () => {
  it("prints the address of its page, which shows what happened before it was opened", async () => {
    const printed: string[] = [];
    const handler = new DevtoolsHandler({ sink: { write: (text) => printed.push(text) } });
    const manager = new CallbackManager({ handlers: [handler] });
    await manager.event("retrieve", { topK: 17 }, () => {});
    const address = await handler.address;
    expect(printed).toEqual([`devtools: ${address}\n`]);
    expect(readdirSync(folder)).toEqual([]);
    const text = await firstLines(address!, '"topK":17');
    expect(text).toContain('"type":"retrieve"');
    const [made] = readdirSync(folder);
    expect(statSync(join(folder, made!)).mode & 0o777).toBe(0o700);
    await manager.aclose();
    expect(readdirSync(folder)).toEqual([]);
    await expect(fetch(address!)).rejects.toThrow("fetch failed");
  });

  it("writes a record without a page", async () => {
    const record = join(folder, "run.ndjson");
    const handler = new DevtoolsHandler({ record, prices: { small: { input: 0.02 } } });
    const manager = new CallbackManager({ handlers: [handler] });
    await manager.event("query", () => manager.event("llm", { model: "small" }, () => {}));
    await manager.aclose();
    expect(await handler.address).toBeUndefined();
    const lines = await Array.fromAsync(readRecord(record));
    expect(lines.map(({ kind }) => kind)).toEqual(["record", "prices", "process", "event", "event"]);
    expect(lines[1]).toEqual({ kind: "prices", prices: { small: { input: 0.02 } } });
    expect(statSync(record).mode & 0o777).toBe(0o600);
  });

  it("writes a record and shows it, with a port", async () => {
    const record = join(folder, "run.ndjson");
    await using closing = new AsyncDisposableStack();
    const handler = new DevtoolsHandler({ record, port: 0, sink: quiet });
    const manager = new CallbackManager({ handlers: [handler] });
    closing.defer(() => manager.aclose());
    await manager.event("query", () => {});
    await manager.flush();
    expect(readFileSync(record, "utf8")).toContain('"type":"query"');
    expect(await firstLines((await handler.address)!, '"type":"query"')).toContain('"kind":"process"');
  });

  it("warns where its port is in use, and the work continues", async () => {
    const one = new DevtoolsHandler({ sink: quiet });
    const port = Number(new URL((await one.address)!).port);
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    const other = new DevtoolsHandler({ port, sink: quiet });
    const manager = new CallbackManager({ handlers: [other] });
    expect(await other.address).toBeUndefined();
    expect(await manager.event("query", () => 5)).toBe(5);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      `the page of DevtoolsHandler cannot be served on port ${port} (EADDRINUSE); choose another port, or 0 for any`,
      { type: "DevtoolsPortUnusable", code: "LLX_DEVTOOLS_PORT" },
    );
    warn.mockRestore();
    await manager.aclose();
    await one.aclose();
  });

  it.each<[DevtoolsHandlerOptions | object, string]>([
    [{ port: 70_000 }, "port must be a whole number from 0 to 65535, not 70000"],
    [{ port: "80" }, "port must be a number, not string"],
    [{ maxEvents: 0 }, "maxEvents must be"],
    [{ stallAfter: -1 }, "stallAfter must be"],
    [{ capture: "all" }, 'capture must be "sizes" or "full", not all'],
    [{ sink: {} }, "sink must have a write method"],
    [
      { prices: { a: { input: -1 } } },
      "prices.a.input must be a number from 0, for 1,000,000 tokens, not number -1",
    ],
    [{ ports: 1 }, "there is no option ports; did you mean port?"],
  ])("refuses %j", (options, message) => {
    expect(() => new DevtoolsHandler(options as DevtoolsHandlerOptions)).toThrow(message);
  });

  it("leaves no listener of the process behind", async () => {
    const before = [process.listenerCount("exit"), process.listenerCount("warning")];
    const handler = new DevtoolsHandler({ sink: quiet });
    await handler.aclose();
    await handler.aclose();
    expect([process.listenerCount("exit"), process.listenerCount("warning")]).toEqual(before);
    expect(existsSync(folder)).toBe(true);
  });
});
