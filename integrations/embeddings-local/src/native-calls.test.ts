import { Worker } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { NativeCalls } from "./native-calls.ts";

it("waits for the call that a thread is in, and lets it begin no other", async () => {
  const calls = new NativeCalls();
  const inThread = new NativeCalls(calls.memory);
  const { promise, resolve } = Promise.withResolvers<string>();
  const call = inThread.during(() => promise);
  const onEnded = vi.fn();
  const ended = calls.ended().then(onEnded);
  await new Promise(setImmediate);
  expect(onEnded).not.toHaveBeenCalled();
  resolve("computed");
  expect(await call).toBe("computed");
  await ended;
  const other = vi.fn(async () => {});
  void inThread.during(other);
  await new Promise(setImmediate);
  expect(other).not.toHaveBeenCalled();
});

it("does not wait between calls, nor after one that has failed", async () => {
  const calls = new NativeCalls();
  await expect(calls.during(() => Promise.reject(new Error("no session")))).rejects.toThrow("no session");
  calls.endSync();
  await calls.ended();
});

it("blocks until another thread has ended its call", async () => {
  const calls = new NativeCalls();
  // Is in a call from the start, and ends it when it is asked to end: a call that would not see that would never end.
  const program = `
    const words = new Int32Array(require("node:worker_threads").workerData);
    Atomics.store(words, 0, 1);
    require("node:worker_threads").parentPort.postMessage("in a call");
    while (Atomics.load(words, 1) === 0);
    Atomics.store(words, 0, 0);
    Atomics.notify(words, 0);`;
  const worker = new Worker(program, { eval: true, workerData: calls.memory });
  await new Promise((resolve) => void worker.once("message", resolve));
  const exited = new Promise((resolve) => void worker.once("exit", resolve));
  calls.endSync();
  expect(new Int32Array(calls.memory)[0]).toBe(0);
  expect(await exited).toBe(0);
});
