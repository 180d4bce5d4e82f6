import assert from "node:assert/strict";
import { type EmbeddingServer, startEmbeddingServer } from "./embedding-server.ts";
import type { FakeService } from "./fake-service.ts";

/** What a suite runs a test with. */
interface CaseBench {
  /** How many requests have arrived. */
  readonly sent: number;
  close(): Promise<void>;
}

/** How a test is run. */
interface CaseRun<B extends CaseBench> {
  readonly name: string;
  readonly service: FakeService | undefined;
  /** Milliseconds for the test. */
  readonly timeLimit: number;
  open(server: EmbeddingServer | undefined): B;
  run(bench: B): Promise<void>;
}

export const defaultTimeLimit = 10_000;

/** Runs one test of a suite, with a server and a time limit of its own. */
export async function runCase<B extends CaseBench>({
  name,
  service,
  timeLimit,
  open,
  run,
}: CaseRun<B>): Promise<void> {
  const server = service === undefined ? undefined : await startEmbeddingServer(service);
  const bench = open(server);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const { sent } = bench;
    const advice =
      sent === 0
        ? ""
        : ". If one of them never ends, pass on the attempt's signal and timeout (`...attempt`); if others wait, a declared rate limit " +
          "(rateLimits) is too low";
    const message = `"${name}" did not finish within ${timeLimit} ms; ${sent} requests had arrived${advice}`;
    reject(new assert.AssertionError({ message }));
  }, timeLimit);
  try {
    await Promise.race([run(bench), late]);
  } catch (error) {
    throw withRefusal(error, server);
  } finally {
    clearTimeout(timer);
    await bench.close();
  }
}

/** If the service refuses a request of the provider, that is why the test failed. */
function withRefusal(error: unknown, server: EmbeddingServer | undefined): unknown {
  const refused = server?.requests.find(({ refusal }) => refusal !== undefined);
  if (refused === undefined) return error;
  const { method, path, refusal } = refused;
  const answer = `${refusal!.status} ${JSON.stringify(refusal!.body)}`;
  const message = `the service itself refuses ${method} ${path}: ${answer}; ${String(error)}`;
  return new assert.AssertionError({ message });
}
