import type { AnyEventEnd, AnyEventStart, CallbackHandler, Capture } from "@llx/callbacks";
import type { Price } from "@llx/callbacks/usage";
import { checkCount, checkNames, checkPrices, checkTimeout, type NamesOf } from "@llx/support";
import type { DevtoolsRecord } from "../record/devtools-record.ts";
import { RecordLog } from "../record/record-log.ts";
import { DevtoolsServer } from "../server/devtools-server.ts";
import { EventRecorder } from "./event-recorder.ts";
import { LiveLog } from "./live-log.ts";

/** Where the page is, what is recorded, and how much of it. */
export interface DevtoolsHandlerOptions {
  /**
   * The port of the page, on 127.0.0.1.
   *
   * @default any that is free, or no page with `record`
   */
  readonly port?: number | undefined;
  /** A file that all events are written to. It is created, or emptied. Default: none. */
  readonly record?: string | undefined;
  /**
   * `"full"`: texts, prompts and the like are shown and recorded too, up to 2,000 characters of each.
   *
   * @default "sizes"
   */
  readonly capture?: Capture | undefined;
  /**
   * How many of the latest events a page shows that is opened later. With `record`, it shows all.
   *
   * @default 10_000
   */
  readonly maxEvents?: number | undefined;
  /**
   * After how long it is a stall that no job starts or settles and no permit is granted, in milliseconds.
   *
   * @default 10_000
   */
  readonly stallAfter?: number | undefined;
  /** What models cost for 1,000,000 tokens, by their names: the page then shows money too. Default: none. */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /**
   * Receives the address of the page, as a line.
   *
   * @default process.stderr
   */
  readonly sink?: { write(text: string): unknown } | undefined;
}

const names: NamesOf<DevtoolsHandlerOptions> = {
  port: true,
  record: true,
  capture: true,
  maxEvents: true,
  stallAfter: true,
  prices: true,
  sink: true,
};

/**
 * Shows what runs, waits and fails on a page of this machine, as it happens, and records it in a file.
 *
 * The page is at an address that cannot be guessed, which is printed, and only while one is open are events written for it. It does
 * not keep the process alive, and ends with it.
 *
 * @example
 * ```ts
 * import { setGlobalHandlers } from "@llx/callbacks";
 * setGlobalHandlers([new DevtoolsHandler({ port: 4777 })]);
 * ```
 */
export class DevtoolsHandler implements CallbackHandler {
  readonly name = "DevtoolsHandler";
  readonly capture: Capture;
  readonly #recorder: EventRecorder;
  readonly #live: LiveLog | undefined;
  readonly #log: RecordLog | undefined;
  readonly #server: DevtoolsServer | undefined;
  readonly #address: Promise<string | undefined>;

  /** @throws TypeError or RangeError for invalid options; what the file system throws where the record cannot be created */
  constructor(options: DevtoolsHandlerOptions = {}) {
    checkNames(options, names);
    const { record, maxEvents = 10_000, stallAfter = 10_000, prices = {} } = options;
    const { port = record === undefined ? 0 : undefined, sink = process.stderr, capture = "sizes" } = options;
    checkCount("maxEvents", maxEvents);
    checkTimeout("stallAfter", stallAfter);
    checkPort(port);
    if (capture !== "sizes" && capture !== "full") {
      throw new TypeError(`capture must be "sizes" or "full", not ${String(capture)}`);
    }
    if (typeof sink?.write !== "function") throw new TypeError("sink must have a write method");
    this.capture = capture;
    const first = linesOfPrices(prices);
    if (record !== undefined) this.#log = new RecordLog(record);
    this.#recorder = new EventRecorder({ maxEvents, stallAfter, isComplete: record !== undefined });
    const log = this.#log;
    if (log === undefined) this.#live = new LiveLog(this.#recorder, first);
    else {
      log.write([...first, ...this.#recorder.beginning()]);
      this.#recorder.attach(() => log);
    }
    if (port !== undefined) this.#server = new DevtoolsServer(this.#live ?? { current: () => log! }, false);
    this.#address = this.#listen(port ?? 0, sink);
    process.on("exit", this.#onExit);
  }

  /** The address of the page; `undefined` without one, or if the port cannot be used, which is a process warning. */
  get address(): Promise<string | undefined> {
    return this.#address;
  }

  onEventStart(event: AnyEventStart): void {
    this.#recorder.start(event);
  }

  onEventEnd(event: AnyEventEnd): void {
    this.#recorder.end(event);
  }

  /** Writes what waits to be written. */
  flush(): void {
    this.#recorder.flush();
  }

  /** Closes the page and the record. */
  async aclose(): Promise<void> {
    process.off("exit", this.#onExit);
    await this.#address;
    await this.#server?.close();
    this.#end();
  }

  async #listen(port: number, sink: { write(text: string): unknown }): Promise<string | undefined> {
    if (this.#server === undefined) return undefined;
    try {
      const address = await this.#server.listen(port);
      sink.write(`devtools: ${address}\n`);
      return address;
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      process.emitWarning(
        `the page of DevtoolsHandler cannot be served on port ${port} (${String(code)}); choose another port, or 0 for any`,
        { type: "DevtoolsPortUnusable", code: "LLX_DEVTOOLS_PORT" },
      );
      return undefined;
    }
  }

  readonly #onExit = (code: number): void => {
    this.#recorder.exit(code);
    this.#end();
  };

  #end(): void {
    this.#recorder.close();
    this.#live?.close();
    this.#log?.close();
  }
}

function checkPort(port: unknown): void {
  if (port === undefined) return;
  if (typeof port !== "number") throw new TypeError(`port must be a number, not ${typeof port}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port must be a whole number from 0 to 65535, not ${port}`);
  }
}

function linesOfPrices(prices: NonNullable<DevtoolsHandlerOptions["prices"]>): string[] {
  checkPrices(prices);
  const known: Record<string, { input: number; output?: number }> = {};
  for (const [model, { input, output }] of Object.entries(prices)) {
    known[model] = output === undefined ? { input } : { input, output };
  }
  if (Object.keys(known).length === 0) return [];
  return [JSON.stringify({ kind: "prices", prices: known } satisfies DevtoolsRecord)];
}
