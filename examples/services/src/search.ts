// What the service does, the same behind every framework.
import { type CallbackManager, continueTrace, type TraceSource } from "@llx/callbacks";
import { type EmbeddingModel, topK } from "@llx/embeddings";

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
export interface SearchRequest {
  readonly headers: TraceSource;
  readonly question: string | null | undefined;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

export interface SearchReply {
  readonly status: number;
  readonly body: { readonly passage: string } | { readonly error: string };
}

/** Answers requests; closing it awaits the calls of its model. */
export class Search {
  readonly #model: EmbeddingModel;
  readonly #manager: CallbackManager;
  readonly #vectors: readonly Float32Array[];

  private constructor(model: EmbeddingModel, manager: CallbackManager, vectors: readonly Float32Array[]) {
    this.#model = model;
    this.#manager = manager;
    this.#vectors = vectors;
  }

  static async open(model: EmbeddingModel, manager: CallbackManager): Promise<Search> {
    const { embeddings } = await model.getTextEmbeddingBatch(passages);
    return new Search(model, manager, embeddings);
  }

  aclose(): Promise<void> {
    return this.#model.aclose();
  }

  /** Never rejects: what fails is a status, and is recorded in the trace. */
  async reply({ headers, question, signal }: SearchRequest): Promise<SearchReply> {
    if (!question?.trim()) return { status: 400, body: { error: "ask with ?q=…" } };
    const answer = async (): Promise<string> => {
      const vector = await this.#model.getQueryEmbedding(question, { signal });
      return passages[topK(vector, this.#vectors, 1)[0]!.index]!;
    };
    try {
      const passage = await continueTrace(headers, () =>
        this.#manager.event("request", { route: "/search" }, answer, { signal }),
      );
      return { status: 200, body: { passage } };
    } catch {
      if (signal.aborted) return { status: 499, body: { error: "the client has disconnected" } };
      return { status: 503, body: { error: "the search is not available" } };
    }
  }
}
