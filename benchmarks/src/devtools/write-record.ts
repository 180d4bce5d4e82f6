import { once } from "node:events";
import { createWriteStream } from "node:fs";

const id = (number: number): string => number.toString(16).padStart(16, "0");

/** Writes a record of so many events: jobs of 16 workers, each with a request and a step, in one trace. */
export async function writeRecord(path: string, events: number): Promise<void> {
  const file = createWriteStream(path);
  const write = async (line: object): Promise<void> => {
    if (!file.write(`${JSON.stringify(line)}\n`)) await once(file, "drain");
  };
  const trace = "1".repeat(32);
  const free = Array.from({ length: 16 }, () => 1.7e12);
  await write({ kind: "record", version: 1, time: 1.7e12 });
  await write({ kind: "start", id: id(1), type: "ingestion", trace, traceName: "nightly", time: 1.7e12 });
  for (let number = 2; number < events; number += 3) {
    const slot = free.indexOf(Math.min(...free));
    const time = free[slot]!;
    const end = time + 20 + ((number * 7919) % 180);
    const failed = number % 97 === 0;
    const status = failed ? "error" : "ok";
    const parent = id(number);
    // oxlint-disable no-await-in-loop -- as fast as the disk
    await write({
      kind: "event",
      id: parent,
      type: "async_job",
      trace,
      parent: id(1),
      time,
      end,
      status,
      payload: { index: number },
    });
    await write({
      kind: "event",
      id: id(number + 1),
      type: "embedding",
      trace,
      parent,
      time: time + 1,
      end: end - 2,
      status,
      payload: { provider: "Example", model: "small", count: 96 },
      endPayload: { usage: { inputTokens: number % 500 } },
      ...(failed && { error: { name: "HttpError", message: `503 ${number}` } }),
    });
    await write({
      kind: "event",
      id: id(number + 2),
      type: "function_call",
      trace,
      parent,
      time: end - 2,
      end: end - 1,
      status: "ok",
    });
    // oxlint-enable no-await-in-loop
    free[slot] = end + 1;
  }
  await write({ kind: "exit", time: Math.max(...free), code: 0 });
  file.end();
  await once(file, "close");
}

/** Writes a record of so many events in traces of ten: a query, and nine steps one after another. */
export async function writeTraces(path: string, events: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('{"kind":"record","version":1,"time":1700000000000}\n');
  for (let number = 0; number < events; number++) {
    const step = number % 10;
    const root = number - step;
    const time = 1.7e12 + 20 * root + 2 * step;
    const above = step === 0 ? { traceName: "nightly" } : { parent: id(root + 1) };
    const line = {
      kind: "event",
      id: id(number + 1),
      type: step === 0 ? "query" : "async_job",
      trace: id(root + 1).padStart(32, "0"),
      ...above,
      time,
      end: step === 0 ? time + 20 : time + 2,
      status: "ok",
    };
    // oxlint-disable-next-line no-await-in-loop -- as fast as the disk
    if (!file.write(`${JSON.stringify(line)}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
}
