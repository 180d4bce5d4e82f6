import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  CallbackManager,
  DebugHandler,
  PrintingHandler,
  serializeTrace,
  TokenCountingHandler,
  type CallbackHandler,
} from "../index.ts";

const key = "sk-live-51H8SecretKey";
const text = "the patient's name is Rosalind";

/** Everything that can be reached from a value: own and inherited properties, maps, sets, symbols. */
function* walk(value: unknown, seen = new Set()): Generator {
  yield value;
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) for (const each of value) yield* walk(each, seen);
  for (
    let owner: unknown = value;
    owner && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const name of Reflect.ownKeys(owner)) {
      yield name;
      try {
        yield* walk(Reflect.get(owner, name, value), seen);
      } catch {
        // A getter that throws shows nothing.
      }
    }
  }
}

const leaks = (value: unknown): unknown[] =>
  [...walk(value)].filter(
    (each) => typeof each === "string" && (each.includes(key) || each.includes("Rosalind")),
  );

/** Keeps everything it receives, and also searches it at once. */
class Hoarder implements CallbackHandler {
  readonly hoard: unknown[] = [];
  /** How often something secret was seen. */
  found = 0;
  readonly traceMap = true;
  startTrace = (...told: unknown[]): void => this.#take(told);
  endTrace = (...told: unknown[]): void => this.#take(told);
  onEventStart = (...told: unknown[]): void => this.#take(told);
  onEventEnd = (...told: unknown[]): void => this.#take(told);
  onEventChunk = (...told: unknown[]): void => this.#take(told);
  around = <R>(event: unknown, body: () => R): R => {
    this.#take([event]);
    return body();
  };

  #take(told: unknown[]): void {
    this.hoard.push(...told);
    this.found += leaks(told).length + leaks(inspect(told, { depth: 9, showHidden: true })).length;
  }
}

/** What a client with a key does to send texts. */
async function work(manager: CallbackManager): Promise<unknown[]> {
  const client = { send: (_text: string) => Promise.resolve([1, 2]), apiKey: key };
  const outside: unknown[] = [manager];
  await manager.asTrace("job", async () => {
    await manager.event("query", { content: { query: text } }, async (query) => {
      await manager.event("embedding", { count: 1, content: () => ({ texts: [text] }) }, async (event) => {
        const vector = await client.send(text);
        event.set({ dimensions: 2, content: { vectors: [vector] } });
      });
      async function* words(): AsyncGenerator<string> {
        yield* text.split(" ");
      }
      await Array.fromAsync(manager.stream("llm", { content: { prompt: text } }, words));
      outside.push(query, serializeTrace());
      query.set({ content: { response: text } });
    });
    await manager.event("retrieve", () => Promise.reject(new Error("the store is down"))).catch(() => {});
  });
  return outside;
}

describe("keys and texts", () => {
  it('reach no handler, no export and no print without capture: "full"', async () => {
    let printed = "";
    const sink = { write: (part: string): void => void (printed += part), columns: 200 };
    const hoarder = new Hoarder();
    const debug = new DebugHandler({ sink, printTraceOnEnd: true });
    const printing = new PrintingHandler({ logger: { info: (line) => void (printed += `${line}\n`) } });
    const failures: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [hoarder, debug, printing, new TokenCountingHandler()],
      onHandlerError: (error) => void failures.push(error),
    });
    const outside = await work(manager);
    debug.printTraceMap();
    expect(failures).toEqual([]);
    expect(hoarder.hoard.length).toBeGreaterThan(15);
    expect(hoarder.found).toBe(0);
    expect(leaks(hoarder.hoard)).toEqual([]);
    expect(leaks(debug.toJSON())).toEqual([]);
    expect(leaks(debug.toChromeTrace())).toEqual([]);
    expect(leaks(debug.getEvents())).toEqual([]);
    expect(printed).toContain("✗ Error: the store is down");
    expect(leaks(printed)).toEqual([]);
    for (const each of [...outside, debug, manager]) {
      expect(leaks([inspect(each, { depth: 9, showHidden: true }), JSON.stringify(each)])).toEqual([]);
    }
  });

  it("would be found if they were shown", async () => {
    const hoarder = Object.assign(new Hoarder(), { capture: "full" as const });
    await work(new CallbackManager({ handlers: [hoarder] }));
    expect(hoarder.found).toBeGreaterThan(0);
    expect(
      leaks({
        deep: [
          new Map([
            [
              "a",
              {
                get key() {
                  return key;
                },
              },
            ],
          ]),
        ],
      }),
    ).toEqual([key]);
  });

  it("are not in the chrome trace even with full capture, and not printed", async () => {
    let printed = "";
    const debug = new DebugHandler({
      capture: "full",
      sink: { write: (part) => (printed += part), columns: 200 },
    });
    await work(new CallbackManager({ handlers: [debug] }));
    debug.printTraceMap();
    expect(leaks(debug.toChromeTrace())).toEqual([]);
    expect(leaks(printed)).toEqual([]);
    expect(leaks(debug.toJSON()).length).toBeGreaterThan(0);
  });
});
