import { type RedisConnection, reconnectIn } from "./redis-connection.ts";

/** What is used of a client, or of a cluster, of node-redis. */
export interface NodeRedis {
  connect(): Promise<unknown>;
  duplicate(overrides?: object): NodeRedis;
  on(event: "error" | "ready", listener: (error: unknown) => void): unknown;
  evalSha(digest: string, options: EvalOptions): Promise<unknown>;
  eval(script: string, options: EvalOptions): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  destroy(): void;
  unref?(): void;
  readonly isReady?: boolean;
  readonly options?: { readonly socket?: object };
}

/** How long to wait before an attempt to connect again, in milliseconds; `false` for no more. */
type ReconnectStrategy = (attempts: number) => number | false;

interface EvalOptions {
  readonly keys: string[];
  readonly arguments: string[];
}

/** Two connections of node-redis, from 5 on: one for exchanges, one that listens. */
export class NodeRedisConnection implements RedisConnection {
  readonly #commands: NodeRedis;
  readonly #listening: NodeRedis;
  #problem: unknown;
  #isOpen = false;

  /** @param open makes a client that is not connected, with the given way to connect again */
  constructor(open: (reconnectStrategy: ReconnectStrategy) => NodeRedis) {
    // What cannot be reached to begin with is an error of the caller; what is lost later comes back.
    const reconnectStrategy = (attempts: number): number | false => this.#isOpen && reconnectIn(attempts);
    this.#commands = open(reconnectStrategy);
    this.#listening = open(reconnectStrategy);
    for (const each of [this.#commands, this.#listening])
      each.on("error", (error) => (this.#problem = error));
  }

  get problem(): unknown {
    return this.#commands.isReady === false ? this.#problem : undefined;
  }

  async open(channel: string, onMessage: (message: string) => void, onReady: () => void): Promise<void> {
    this.#commands.on("ready", onReady);
    await Promise.all([this.#commands.connect(), this.#listening.connect()]);
    this.#isOpen = true;
    await this.#listening.subscribe(channel, onMessage);
    // A limiter that nobody uses does not keep the process alive. One that is waited for has a timer.
    this.#commands.unref?.();
    this.#listening.unref?.();
  }

  evalSha(digest: string, keys: string[], args: string[]): Promise<unknown> {
    return this.#commands.evalSha(digest, { keys, arguments: args });
  }

  eval(script: string, keys: string[], args: string[]): Promise<unknown> {
    return this.#commands.eval(script, { keys, arguments: args });
  }

  close(): void {
    this.#isOpen = false;
    for (const each of [this.#commands, this.#listening]) {
      try {
        each.destroy();
      } catch {
        // It was closed before.
      }
    }
  }
}

/** Opens the same as a client, or a cluster, of the user. */
export function likeNodeRedis(client: NodeRedis): NodeRedisConnection {
  // The nodes of a cluster have their settings elsewhere, and those that node-redis chooses serve.
  if (client.unref === undefined) return new NodeRedisConnection(() => client.duplicate());
  return new NodeRedisConnection((reconnectStrategy) =>
    client.duplicate({
      disableOfflineQueue: true,
      socket: { ...client.options?.socket, reconnectStrategy },
    }),
  );
}
