import { type PlainError, plainPost, type PlainReply, type PlainRequest } from "./plain-post.ts";

const caughtBy = ["connects through the given proxy"];

/** Defects in how a service is reached, the same for embedding models and rerankers. */
export const proxyMutants = [
  {
    name: "accepts a proxy, and connects past it",
    changes: {
      post: (url: string, sent: PlainRequest): Promise<PlainReply> =>
        plainPost(url, { ...sent, proxy: undefined }),
    },
    caughtBy,
  },
  {
    name: "has a dispatcher, and no proxy",
    changes: {
      provider: <P extends object>(provider: P): P => ({
        ...provider,
        options: ["apiKey", "baseUrl", "headers", "dispatcher"],
      }),
    },
    caughtBy,
  },
  {
    name: "does not say that the proxy has failed",
    changes: {
      error: (error: PlainError): PlainError => Object.assign(error, { message: "the connection broke" }),
    },
    caughtBy,
  },
];
