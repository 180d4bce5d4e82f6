import type { CallbackHandler } from "../contract/callback-handler.ts";
import type { AnyEventEnd, AnyEventStart } from "../contract/event.ts";
import { formatDuration } from "../support/format-duration.ts";
import { describeError } from "../support/plain-data.ts";

/** Anything with an `info` method: the console, pino, winston. */
export interface Logger {
  info(message: string): void;
}

/** Where events are printed to. */
export interface PrintingHandlerOptions {
  /** Receives the lines. Default: the console. */
  readonly logger?: Logger | undefined;
}

/** Writes a line when an event starts and one when it ends, indented by its depth. */
export class PrintingHandler implements CallbackHandler {
  readonly name = "PrintingHandler";
  readonly #logger: Logger;
  /** The depth of each open event, by id. */
  readonly #depths = new Map<string, number>();

  /** @throws TypeError for a logger without `info` */
  constructor({ logger = console }: PrintingHandlerOptions = {}) {
    if (typeof logger?.info !== "function") {
      throw new TypeError("logger must have an info method, such as console");
    }
    this.#logger = logger;
  }

  onEventStart(event: AnyEventStart): void {
    const above = event.parentId === undefined ? undefined : this.#depths.get(event.parentId);
    const depth = above === undefined ? 0 : above + 1;
    this.#depths.set(event.id, depth);
    this.#logger.info(`${"  ".repeat(depth)}> ${event.type}${facts(event.payload)}`);
  }

  onEventEnd(event: AnyEventEnd): void {
    const depth = this.#depths.get(event.id) ?? 0;
    this.#depths.delete(event.id);
    const line = `${"  ".repeat(depth)}< ${event.type} ${formatDuration(event.duration)}${facts(event.endPayload)}`;
    this.#logger.info(line + ending(event));
  }
}

function ending({ status, error, errorEventId }: AnyEventEnd): string {
  if (status === "ok") return "";
  if (status === "aborted") return " aborted";
  if (errorEventId !== undefined) return " failed";
  const { name, message } = describeError(error);
  return ` failed: ${name}: ${message}`;
}

/** Counts and names; objects are left out, and content never gets here. */
function facts(payload: object): string {
  return Object.entries(payload)
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(([key, value]) => ` ${key}=${String(value)}`)
    .join("");
}
