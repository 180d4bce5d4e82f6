import { type RedisConnection, reconnectIn } from "./redis-connection.ts";

/** What is used of a client, or of a cluster, of ioredis. */
export interface Ioredis {
  readonly isCluster?: boolean;
  readonly status: string;
  readonly stream?: { unref?(): unknown } | undefined;
  connect(): Promise<unknown>;
  duplicate(...overrides: unknown[]): Ioredis;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  evalsha(digest: string, count: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(script: string, count: number, ...keysAndArgs: string[]): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

/** Two connections of ioredis, from 5 on: one for exchanges, one that listens. */
export class IoredisConnection implements RedisConnection {
  readonly #commands: Ioredis;
  readonly #listening: Ioredis;
  #problem: unknown;

  /** @param like a client that has the settings; it is not used itself */
  constructor(like: Ioredis) {
    // What is asked for while the connection is lost is no longer wanted when it is back.
    const offline = { enableOfflineQueue: false };
    const settings = {
      ...offline,
      lazyConnect: true,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: reconnectIn,
    };
    const open = (): Ioredis =>
      like.isCluster === true
        ? like.duplicate([], { ...offline, lazyConnect: true, clusterRetryStrategy: reconnectIn })
        : like.duplicate(settings);
    this.#commands = open();
    this.#listening = open();
    for (const each of [this.#commands, this.#listening]) {
      each.on("error", (error) => (this.#problem = error));
      // A limiter that nobody uses does not keep the process alive. One that is waited for has a timer.
      each.on("ready", () => each.stream?.unref?.());
    }
  }

  get problem(): unknown {
    if (this.#commands.status === "ready") return undefined;
    // ioredis would speak of its settings.
    return this.#problem ?? new Error("the connection is lost");
  }

  async open(channel: string, onMessage: (message: string) => void, onReady: () => void): Promise<void> {
    this.#commands.on("ready", onReady);
    await Promise.all([this.#commands.connect(), this.#listening.connect()]);
    this.#listening.on("message", (_channel, message) => onMessage(String(message)));
    await this.#listening.subscribe(channel);
  }

  evalSha(digest: string, keys: string[], args: string[]): Promise<unknown> {
    return this.#commands.evalsha(digest, keys.length, ...keys, ...args);
  }

  eval(script: string, keys: string[], args: string[]): Promise<unknown> {
    return this.#commands.eval(script, keys.length, ...keys, ...args);
  }

  close(): void {
    this.#commands.disconnect();
    this.#listening.disconnect();
  }
}
