// What the service does, the same behind every framework.
import { Semaphore } from "@llx/async";
import { type CallbackManager, continueTrace, type EventContext, type TraceSource } from "@llx/callbacks";
import { type EmbeddingModel, type EmbedOptions, topK } from "@llx/embeddings";
import { busyReply, failureReply, type ServiceReply } from "./reply.ts";

/** No request takes longer, in milliseconds: then it fails, with 503. A shutdown has to wait for that long. */
export const answerWithin = 20_000;
/**
 * How many requests may ask the model at the same time, those that wait included; others get 503 at once. Half as many as the model's
 * service answers while a client waits: if as many wait, each is answered when its client has left.
 */
const mostAtOnce = 64;

const passages = [
  "Bees dance to show where flowers are.",
  "The moon makes the tides.",
  "Dough has to rest before it is baked.",
];

declare module "@llx/callbacks" {
  interface EventPayloads {
    /** A request of a client. */
    request: { start: { route: string }; end: { status?: number } };
  }
}

/** What each framework can say of a request. */
interface ServiceRequest {
  readonly headers: TraceSource;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

/** `GET /search?q=…` */
export interface SearchRequest extends ServiceRequest {
  readonly question: string | null | undefined;
}

/** `POST /embed` */
export interface EmbedRequest extends ServiceRequest {
  /** The JSON of the request; `undefined` if it is none. */
  readonly json: unknown;
}

/** Answers requests; closing it awaits the calls of its model. */
export class Search {
  readonly #model: EmbeddingModel;
  readonly #manager: CallbackManager;
  readonly #vectors: readonly Float32Array[];
  readonly #places = new Semaphore(mostAtOnce);

  private constructor(model: EmbeddingModel, manager: CallbackManager, vectors: readonly Float32Array[]) {
    this.#model = model;
    this.#manager = manager;
    this.#vectors = vectors;
  }

  /** @param signal ends the start: what is read or embedded first may take long */
  static async open(model: EmbeddingModel, manager: CallbackManager, signal?: AbortSignal): Promise<Search> {
    const { embeddings } = await model.getTextEmbeddingBatch(passages, { signal });
    return new Search(model, manager, embeddings);
  }

  aclose(): Promise<void> {
    return this.#model.aclose();
  }

  async reply({ question, ...request }: SearchRequest): Promise<ServiceReply> {
    return this.#traced("/search", request, async (options) => {
      if (!question?.trim()) return { status: 400, body: { error: "ask with ?q=…" } };
      using place = this.#places.tryAcquire();
      if (place === undefined) return busyReply;
      const vector = await this.#model.getQueryEmbedding(question, options);
      return { status: 200, body: { passage: passages[topK(vector, this.#vectors, 1)[0]!.index]! } };
    });
  }

  async embed({ json, ...request }: EmbedRequest): Promise<ServiceReply> {
    const { text } = (json ?? {}) as { readonly text?: unknown };
    return this.#traced("/embed", request, async (options) => {
      if (typeof text !== "string" || !text.trim()) {
        return { status: 400, body: { error: 'send {"text":"…"}' } };
      }
      using place = this.#places.tryAcquire();
      if (place === undefined) return busyReply;
      const vector = await this.#model.getTextEmbedding(text, options);
      return { status: 200, body: { vector: Array.from(vector) } }; // JSON makes an object of a Float32Array
    });
  }

  /** What is neither of them. */
  async refuse(status: number, error: string, request: ServiceRequest): Promise<ServiceReply> {
    return this.#traced("none", request, async () => ({ status, body: { error } }));
  }

  /** Never rejects: what fails is a status, and is recorded in the trace. */
  async #traced(
    route: string,
    { headers, signal }: ServiceRequest,
    answer: (options: EmbedOptions) => Promise<ServiceReply>,
  ): Promise<ServiceReply> {
    const options = { signal, totalTimeout: answerWithin };
    const event = async (request: EventContext<"request">): Promise<ServiceReply> => {
      const reply = await answer(options);
      request.set({ status: reply.status });
      return reply;
    };
    try {
      return await continueTrace(headers, () => this.#manager.event("request", { route }, event, { signal }));
    } catch (error) {
      if (signal.aborted) return { status: 499, body: { error: "the client has disconnected" } };
      return failureReply(error);
    }
  }
}
