import type { CallbackHandler, Capture, EventChunk } from "../contract/callback-handler.ts";
import { checkFilters } from "../contract/check-filters.ts";
import type { AnyEventEnd, AnyEventStart } from "../contract/event.ts";
import type { EventTags } from "../contract/event-tags.ts";
import { chunkText, readableMessages, readableText } from "../payloads/readable-text.ts";
import { checkNames, formatDuration, isObject, type NamesOf } from "@llx/support";
import { describeError } from "../support/plain-data.ts";
import { warnOfOutput } from "./warn-of-output.ts";

/** Anything with an `info` method: the console, pino, winston. */
export interface Logger {
  info(message: string): void;
}

/** Where events are printed to, and how much of them. */
export interface PrintingHandlerOptions {
  /**
   * `"full"` also prints texts: prompts and completions whole, the chunks of a stream line by line as they come, and other
   * content shortened. Default `"sizes"`.
   */
  readonly capture?: Capture | undefined;
  /** Receives the lines. Default: the console. */
  readonly logger?: Logger | undefined;
}

const names: NamesOf<PrintingHandlerOptions> = { capture: true, logger: true };

interface OpenLine {
  readonly depth: number;
  readonly tags: EventTags;
  /** The last line of a stream, which may go on. */
  rest: string;
  /** Whether a chunk with text was printed: then the completion is not printed again. */
  streamed: boolean;
}

/** Content that is not of a language model is cut off here, in characters. */
const longest = 500;

/**
 * Writes a line when an event starts and one when it ends, indented by its depth, with facts and those tags that the event
 * above does not have.
 */
export class PrintingHandler implements CallbackHandler {
  readonly name = "PrintingHandler";
  readonly capture: Capture;
  readonly #logger: Logger;
  /** What was printed of each open event, by id. */
  readonly #open = new Map<string, OpenLine>();

  /** @throws TypeError for a logger without `info`, an unknown `capture`, and for an unknown option */
  constructor(options: PrintingHandlerOptions = {}) {
    checkNames(options, names);
    checkFilters(options);
    const { logger = console, capture = "sizes" } = options;
    if (typeof logger?.info !== "function") {
      throw new TypeError("logger must have an info method, such as console");
    }
    this.#logger = logger;
    this.capture = capture;
  }

  onEventStart(event: AnyEventStart): void {
    const { id, type, parentId, payload, tags } = event;
    const above = parentId === undefined ? undefined : this.#open.get(parentId);
    const depth = above === undefined ? 0 : above.depth + 1;
    this.#open.set(id, { depth, tags, rest: "", streamed: false });
    this.#print(`${"  ".repeat(depth)}> ${type}${facts(payload)}${newTags(tags, above?.tags)}`);
    this.#printContent(payload, depth);
  }

  onEventChunk({ id }: AnyEventStart, { content }: EventChunk): void {
    const line = this.#open.get(id);
    const text = chunkText(content);
    if (line === undefined || text === "") return;
    const lines = (line.rest + text).split("\n");
    line.rest = lines.pop()!;
    line.streamed = true;
    for (const each of lines) this.#printText(each, line.depth);
  }

  onEventEnd(event: AnyEventEnd): void {
    const { depth, rest, streamed } = this.#open.get(event.id) ?? { depth: 0, rest: "", streamed: false };
    this.#open.delete(event.id);
    if (rest !== "") this.#printText(rest, depth);
    this.#printContent(event.endPayload, depth, streamed ? "completion" : undefined);
    const line = `${"  ".repeat(depth)}< ${event.type} ${formatDuration(event.duration)}${facts(event.endPayload)}`;
    this.#print(line + ending(event));
  }

  #printContent(payload: object, depth: number, without?: string): void {
    const { content } = payload as { readonly content?: unknown };
    if (content === undefined) return;
    if (!isObject(content)) return this.#printText(readableText(content), depth);
    for (const [key, value] of Object.entries(content)) {
      if (key === without) continue;
      const isSpoken = key === "prompt" || key === "completion";
      const parts = isSpoken ? readableMessages(value) : [{ label: key, text: clip(readableText(value)) }];
      for (const { label, text } of parts) {
        this.#printText(label === undefined ? text : `${label}: ${text}`, depth);
      }
    }
  }

  /** The lines of a text, below their event. */
  #printText(text: string, depth: number): void {
    for (const line of text.split("\n")) this.#print(`${"  ".repeat(depth + 1)}| ${line}`.trimEnd());
  }

  /** Without the control characters that would steer a terminal: models and other processes write some of it. */
  #print(line: string): void {
    // oxlint-disable-next-line no-control-regex -- these are meant
    const shown = line.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
    warnOfOutput(this.#logger, this.#logger.info(shown));
  }
}

const clip = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;

function newTags(tags: EventTags, above: EventTags = {}): string {
  const added = Object.entries(tags).filter(([name, value]) => above[name] !== value);
  return added.length === 0 ? "" : ` [${added.map(([name, value]) => `${name}=${value}`).join(" ")}]`;
}

function ending({ status, error, errorEventId }: AnyEventEnd): string {
  if (status === "ok") return "";
  if (status === "aborted") return " aborted";
  if (errorEventId !== undefined) return " failed";
  const { name, message } = describeError(error);
  return ` failed: ${name}: ${message}`;
}

/** Counts and names, without objects and content. */
function facts(payload: object): string {
  return Object.entries(payload)
    .filter(([key, value]) => key !== "content" && ["string", "number", "boolean"].includes(typeof value))
    .map(([key, value]) => ` ${key}=${String(value)}`)
    .join("");
}
