import { fakeOpenaiBatches } from "@llx/embeddings-openai/testing";
import { startBatchServer } from "@llx/embeddings/testing";

/** OpenAI's batches on this machine. Its clock moves by half an hour with each look at a batch. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  /** Batches that it has received. */
  readonly uploaded: number;
  /** Batches that it has received more than once. */
  readonly twice: number;
  /** Files that it keeps. */
  readonly files: number;
  /** How long the batches have taken, in words. */
  clock(): string;
}

const minute = 60_000;

export async function startService(): Promise<Service> {
  const fake = fakeOpenaiBatches({ dimensions: 256 });
  const server = await startBatchServer(fake, { perPoll: 30 * minute, textsPerSecond: 0.05 });
  const started = server.now;
  return {
    url: `${server.url}/v1`,
    apiKey: fake.live.apiKey,
    get uploaded() {
      return Object.keys(server.counts.batches).length;
    },
    get twice() {
      return Object.values(server.counts.uploads).filter((times) => times > 1).length;
    },
    get files() {
      return server.counts.files;
    },
    clock: () => `${Math.round((server.now - started) / minute)} min`,
    [Symbol.asyncDispose]: () => server.aclose(),
  };
}
