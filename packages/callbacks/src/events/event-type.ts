import type { ServiceUsage } from "./read-usage.ts";
import { sharedState } from "./shared-state.ts";

/** Tokens a service says it has used. What it does not say is absent, never 0. */
export interface Usage {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
}

/** A vector as an embedding service returns it. */
export type EventVector = readonly number[] | Float32Array | Int8Array | Uint8Array;

interface ModelFacts {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
}

/**
 * What an event of each type carries when it starts and when it ends.
 *
 * Facts (counts, sizes, names, usage) stand at the top level and reach every handler. Texts, prompts and
 * vectors go under the one key `content`, which reaches only handlers that ask for `capture: "full"`.
 *
 * The interface is open: declare event types of your own by merging into it.
 *
 * @example
 * ```ts
 * declare module "@llx/callbacks" {
 *   interface EventPayloads {
 *     page_fetch: { start: { url: string }; end: { bytes?: number } };
 *   }
 * }
 * ```
 */
export interface EventPayloads {
  /** Documents are cut into pieces. A leaf. */
  chunking: {
    start: { count?: number | undefined; content?: { texts: readonly string[] } };
    end: { count?: number | undefined; content?: { chunks: readonly string[] } };
  };
  /** Documents become nodes. */
  node_parsing: { start: { count?: number | undefined }; end: { count?: number | undefined } };
  /** One call that turns texts into vectors; its requests are `async_job`s. */
  embed_texts: {
    start: ModelFacts & { count?: number | undefined; inputType?: string | undefined };
    end: {
      count?: number | undefined;
      dimensions?: number | undefined;
      requests?: number | undefined;
      /** Texts that have no embedding. */
      failed?: number | undefined;
      /** Texts whose embedding was in a cache. */
      cached?: number | undefined;
      usage?: Usage | undefined;
    };
  };
  /** One attempt of one request to an embedding service. A leaf. */
  embedding: {
    start: ModelFacts & {
      count?: number | undefined;
      characters?: number | undefined;
      attempt?: number | undefined;
      inputType?: string | undefined;
      content?: { texts: readonly string[] };
    };
    end: ModelFacts & {
      count?: number | undefined;
      dimensions?: number | undefined;
      requestId?: string | undefined;
      usage?: Usage | undefined;
      content?: { vectors: readonly EventVector[] };
    };
  };
  /** One call of a language model. A leaf. */
  llm: {
    start: ModelFacts & {
      count?: number | undefined;
      attempt?: number | undefined;
      content?: { prompt: unknown };
    };
    end: ModelFacts & {
      finishReason?: string | undefined;
      requestId?: string | undefined;
      usage?: Usage | undefined;
      content?: { completion: unknown };
    };
  };
  /** A question is answered. */
  query: { start: { content?: { query: string } }; end: { content?: { response: unknown } } };
  /** Passages are looked up for a question. */
  retrieve: {
    start: { topK?: number | undefined; content?: { query: string } };
    end: { count?: number | undefined; content?: { nodes: readonly unknown[] } };
  };
  /** An answer is written from passages. */
  synthesize: {
    start: { count?: number | undefined; content?: { query: string } };
    end: { content?: { response: unknown } };
  };
  /** A tree of summaries is built. */
  tree: {
    start: { count?: number | undefined; level?: number | undefined };
    end: { count?: number | undefined };
  };
  /** A question is split into smaller ones. */
  sub_question: {
    start: { count?: number | undefined; content?: { questions: readonly string[] } };
    end: { count?: number | undefined; content?: { answers: readonly unknown[] } };
  };
  /** A prompt template is filled. */
  templating: {
    start: { template?: string | undefined; content?: { variables: unknown } };
    end: { content?: { prompt: unknown } };
  };
  /** A tool or function is called for a model. */
  function_call: {
    start: { name?: string | undefined; content?: { arguments: unknown } };
    end: { content?: { result: unknown } };
  };
  /** Passages are ordered anew. */
  reranking: {
    start: ModelFacts & {
      count?: number | undefined;
      topK?: number | undefined;
      content?: { query: string };
    };
    end: { count?: number | undefined; usage?: Usage | undefined };
  };
  /** An error that was thrown in a trace outside any of its events. */
  exception: { start: object; end: object };
  /** One step of an agent. */
  agent_step: {
    start: { step?: number | undefined; name?: string | undefined; content?: { input: unknown } };
    end: { content?: { output: unknown } };
  };
  /** Nothing is sent to a service that refuses, until the next try: `wait` milliseconds from the start. */
  service_pause: { start: { reason: string; wait: number }; end: object };
  /** One job of `@llx/async`. */
  async_job: { start: { index?: number | undefined }; end: object };
  /** Documents go into a store. */
  ingestion: {
    start: { count?: number | undefined };
    end: { count?: number | undefined; skipped?: number | undefined };
  };
}

/** The name of an event type: one of ours, or one declared by merging into {@link EventPayloads}. */
export type EventType = keyof EventPayloads & string;

/** What a handler finds in `event.payload`. */
export type StartPayload<T extends EventType> = Readonly<EventPayloads[T]["start"]>;

/** What a handler finds in `event.endPayload`. */
export type EndPayload<T extends EventType> = Readonly<EventPayloads[T]["end"]>;

/**
 * A payload as a caller gives it: `content` may be a function, called only when a handler wants the content; `usage` may
 * be in the words of the service, and handlers see it as a {@link Usage}.
 */
export type PayloadInput<P> = {
  [K in keyof P]: K extends "content"
    ? P[K] | (() => Exclude<P[K], undefined>)
    : K extends "usage"
      ? P[K] | (Usage extends P[K] ? ServiceUsage : never)
      : P[K];
};

/** The payload that starts an event: left out or `undefined` only where nothing in it is asked for. */
export type PayloadArgument<T extends EventType> =
  object extends StartPayload<T> ? PayloadInput<StartPayload<T>> | undefined : PayloadInput<StartPayload<T>>;

/** The types that can start without a payload. */
export type BareEventType = {
  [T in EventType]: object extends StartPayload<T> ? T : never;
}[EventType];

/** Our own event types by name, for those who prefer `EventType.EmbedTexts` to `"embed_texts"`. */
export const EventType = {
  Chunking: "chunking",
  NodeParsing: "node_parsing",
  EmbedTexts: "embed_texts",
  Embedding: "embedding",
  Llm: "llm",
  Query: "query",
  Retrieve: "retrieve",
  Synthesize: "synthesize",
  Tree: "tree",
  SubQuestion: "sub_question",
  Templating: "templating",
  FunctionCall: "function_call",
  Reranking: "reranking",
  Exception: "exception",
  AgentStep: "agent_step",
  ServicePause: "service_pause",
  AsyncJob: "async_job",
  Ingestion: "ingestion",
} as const;

const ownTypes: ReadonlySet<string> = new Set<EventType>(Object.values(EventType));

/**
 * Makes a type of your own known at run time: `traced` then takes the name for an event and not for a trace,
 * and a leaf takes no children (what starts inside it becomes its sibling), like `chunking`, `llm` and `embedding`.
 *
 * @returns the name itself
 * @throws TypeError for a name that is ours
 */
export function defineEventType<T extends EventType>(type: T, options: { leaf?: boolean } = {}): T {
  if (ownTypes.has(type)) {
    throw new TypeError(`"${type}" is an event type of @llx/callbacks itself; choose another name`);
  }
  sharedState.eventTypes.set(type, { leaf: options.leaf ?? false });
  return type;
}

/** Whether events of this type take no children. */
export function isLeaf(type: EventType): boolean {
  switch (type) {
    case "chunking":
    case "llm":
    case "embedding":
      return true;
    default:
      return sharedState.eventTypes.size > 0 && sharedState.eventTypes.get(type)?.leaf === true;
  }
}

/** Whether the name is an event type that is known at run time. */
export function isEventType(name: string): name is EventType {
  return ownTypes.has(name) || sharedState.eventTypes.has(name);
}
