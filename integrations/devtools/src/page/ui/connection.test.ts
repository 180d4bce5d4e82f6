import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection } from "./connection.ts";

/** The stream of the server, whose events the test sends. */
class FakeStream extends EventTarget {
  static latest: FakeStream;

  constructor() {
    super();
    FakeStream.latest = this;
  }

  close(): void {}

  send(...lines: object[]): void {
    const data = lines.map((line) => JSON.stringify(line)).join("\n");
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

let connection: Connection;
let draw: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeStream);
  connection = new Connection();
  draw = vi.fn<() => void>(() => connection.drawn());
  connection.subscribe(draw);
  connection.open();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const stall = (time: number): object => ({ kind: "stall", source: "1", time, report: "nothing has moved" });

it("draws what it is told of within 150 ms, and many messages once", () => {
  FakeStream.latest.send(stall(1));
  FakeStream.latest.send(stall(2), stall(3));
  expect(connection.model.stalls).toHaveLength(3);
  vi.advanceTimersByTime(149);
  expect(draw).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(draw).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(draw).toHaveBeenCalledTimes(1);
  FakeStream.latest.send(stall(4));
  vi.advanceTimersByTime(150);
  expect(draw).toHaveBeenCalledTimes(2);
});

it("spends at most a fifth of the time on drawing, where that takes long", () => {
  draw.mockImplementation(() => {
    vi.advanceTimersByTime(100);
    connection.drawn();
  });
  FakeStream.latest.send(stall(1));
  vi.advanceTimersByTime(150);
  FakeStream.latest.send(stall(2));
  vi.advanceTimersByTime(399);
  expect(draw).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(draw).toHaveBeenCalledTimes(2);
});

it("passes over a line that it cannot read, and shows the rest", () => {
  FakeStream.latest.dispatchEvent(
    new MessageEvent("message", { data: `{"kind":"st\n${JSON.stringify(stall(7))}` }),
  );
  expect(connection.model.stalls).toEqual([stall(7)]);
});
