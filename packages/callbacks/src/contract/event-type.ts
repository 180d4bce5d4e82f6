import type { ServiceUsage, Usage } from "./usage.ts";

/** A vector as an embedding service returns it. */
export type EventVector = readonly number[] | Float32Array | Int8Array | Uint8Array;

/** Another event, which may be in another trace. */
export interface EventLink {
  readonly traceId: string;
  readonly eventId: string;
}

interface ModelFacts {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
}

/**
 * What an event of each type carries when it starts and when it ends.
 *
 * Facts (counts, sizes, names, usage) are top-level keys and reach every handler. Texts, prompts and vectors go under the
 * one key `content`, which reaches only handlers with `capture: "full"`.
 *
 * The packages of `@llx` emit `embed_texts`, `embedding`, `reranking`, `llm`, `async_job`, `service_pause` and
 * `exception`. The other types are common names for steps of your own. A leaf type takes no children: what starts inside
 * it becomes its sibling.
 *
 * The interface is open: declare your own event types by merging into it.
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
  /** One call that turns texts into vectors. Each of its requests is an `async_job`. */
  embed_texts: {
    start: ModelFacts & {
      /** Texts in the call. */
      count?: number | undefined;
      /** What the texts are embedded for, such as `"document"` or `"query"`. */
      inputType?: string | undefined;
      /** The events of the calls whose texts were gathered into this one, as by `coalesce`. */
      sharedBy?: readonly EventLink[] | undefined;
    };
    end: {
      /** Texts in the call. */
      count?: number | undefined;
      /** Numbers in each vector. */
      dimensions?: number | undefined;
      /** Requests that got a response. */
      requests?: number | undefined;
      /** Texts that have no embedding. */
      failed?: number | undefined;
      /** Texts whose embedding was in a cache. */
      cached?: number | undefined;
      /** Texts that were cut before they were sent. */
      truncated?: number | undefined;
      /** The event of the call that sent the text together with those of other callers, as by `coalesce`. */
      sharedCall?: EventLink | undefined;
      usage?: Usage | undefined;
    };
  };
  /** One attempt of one request to an embedding service, or one download of a batch. A leaf. */
  embedding: {
    start: ModelFacts & {
      /** Texts in the request. */
      count?: number | undefined;
      /** Characters of all texts together. */
      characters?: number | undefined;
      /** Counts from 1. */
      attempt?: number | undefined;
      inputType?: string | undefined;
      /** The format that is requested for the vectors, if any, such as `"base64"`. */
      encodingFormat?: string | undefined;
      /** The service's id of the batch that is downloaded; `undefined` for live requests. */
      batch?: string | undefined;
      content?: { texts: readonly string[] };
    };
    end: ModelFacts & {
      /** Vectors in the response. */
      count?: number | undefined;
      dimensions?: number | undefined;
      /** The service's id of the request. */
      requestId?: string | undefined;
      usage?: Usage | undefined;
      content?: { vectors: readonly EventVector[] };
    };
  };
  /** One call of a language model. A leaf. */
  llm: {
    start: ModelFacts & {
      /** Messages in the prompt. */
      count?: number | undefined;
      /** Counts from 1. */
      attempt?: number | undefined;
      content?: { prompt: unknown };
    };
    end: ModelFacts & {
      /** Why the model stopped, such as `"stop"` or `"length"`. */
      finishReason?: string | undefined;
      /** The service's id of the request. */
      requestId?: string | undefined;
      usage?: Usage | undefined;
      content?: { completion: unknown };
    };
  };
  /** One job of `@llx/async`. */
  async_job: {
    start: {
      /** The index of its input, from 0. */
      index?: number | undefined;
    };
    end: object;
  };
  /** A service refuses requests, and nothing is sent until the next attempt. */
  service_pause: {
    start: {
      reason: string;
      /** Milliseconds from the start of the event to the next attempt. */
      wait: number;
    };
    end: object;
  };
  /** An error that was thrown in a trace outside any of its events. */
  exception: { start: object; end: object };

  /** Documents are loaded, processed and stored. */
  ingestion: {
    start: {
      /** Documents to process. */
      count?: number | undefined;
    };
    end: {
      /** Documents stored. */
      count?: number | undefined;
      /** Documents not stored again, because they have not changed. */
      skipped?: number | undefined;
    };
  };
  /** Documents are cut into chunks. A leaf. */
  chunking: {
    start: {
      /** Documents to process. */
      count?: number | undefined;
      content?: { texts: readonly string[] };
    };
    end: {
      /** Chunks created. */
      count?: number | undefined;
      content?: { chunks: readonly string[] };
    };
  };
  /** Documents are parsed into nodes. */
  node_parsing: {
    start: {
      /** Documents to process. */
      count?: number | undefined;
    };
    end: {
      /** Nodes created. */
      count?: number | undefined;
    };
  };
  /** A question is answered. */
  query: { start: { content?: { query: string } }; end: { content?: { response: unknown } } };
  /** Passages are looked up for a question. */
  retrieve: {
    start: {
      /** The maximum number of passages requested. */
      topK?: number | undefined;
      content?: { query: string };
    };
    end: {
      /** Passages found. */
      count?: number | undefined;
      content?: { nodes: readonly unknown[] };
    };
  };
  /** Passages are reordered by relevance. With a reranker of `@llx/embeddings`, its request is an `async_job`. */
  reranking: {
    start: ModelFacts & {
      /** Passages passed in. */
      count?: number | undefined;
      /** The maximum number of passages kept. */
      topK?: number | undefined;
      content?: { query: string };
    };
    end: {
      /** Passages kept. */
      count?: number | undefined;
      /** The service's id of the request. */
      requestId?: string | undefined;
      usage?: Usage | undefined;
    };
  };
  /** A response is written from passages. */
  synthesize: {
    start: {
      /** Passages passed in. */
      count?: number | undefined;
      content?: { query: string };
    };
    end: { content?: { response: unknown } };
  };
  /** One level of a tree of summaries is built. */
  tree: {
    start: {
      /** Nodes to summarise. */
      count?: number | undefined;
      /** The level that is built, from 0: the summaries of the leaves. */
      level?: number | undefined;
    };
    end: {
      /** Summaries made. */
      count?: number | undefined;
    };
  };
  /** A question is split into sub-questions. */
  sub_question: {
    start: {
      /** Sub-questions. */
      count?: number | undefined;
      content?: { questions: readonly string[] };
    };
    end: { content?: { answers: readonly unknown[] } };
  };
  /** A prompt template is filled. */
  templating: {
    start: {
      /** The name of the template. */
      template?: string | undefined;
      content?: { variables: unknown };
    };
    end: { content?: { prompt: unknown } };
  };
  /** A tool or function is called for a model. */
  function_call: {
    start: { name?: string | undefined; content?: { arguments: unknown } };
    end: { content?: { result: unknown } };
  };
  /** One step of an agent. */
  agent_step: {
    start: {
      /** The index of the step in the agent's run, from 0. */
      step?: number | undefined;
      name?: string | undefined;
      content?: { input: unknown };
    };
    end: { content?: { output: unknown } };
  };
}

/** The name of an event type: one of {@link EventPayloads}, which you can extend. */
export type EventType = keyof EventPayloads & string;

/** The type of `event.payload`. */
export type StartPayload<T extends EventType> = Readonly<EventPayloads[T]["start"]>;

/** The type of `event.endPayload`. */
export type EndPayload<T extends EventType> = Readonly<EventPayloads[T]["end"]>;

/**
 * A payload as you pass it: `content` may be a function, called only when a handler wants the content; `usage` may
 * have the names of the service, and handlers see it as a {@link Usage}.
 */
export type PayloadInput<P> = {
  [K in keyof P]: K extends "content"
    ? P[K] | (() => Exclude<P[K], undefined>)
    : K extends "usage"
      ? P[K] | (Usage extends P[K] ? ServiceUsage : never)
      : P[K];
};

/** The payload that starts an event. It may be `undefined` only when the type has no required keys. */
export type PayloadArgument<T extends EventType> =
  object extends StartPayload<T> ? PayloadInput<StartPayload<T>> | undefined : PayloadInput<StartPayload<T>>;

/** The types that can start without a payload. */
export type BareEventType = {
  [T in EventType]: object extends StartPayload<T> ? T : never;
}[EventType];

/** The built-in event types by name: `EventType.EmbedTexts` is `"embed_texts"`. */
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
