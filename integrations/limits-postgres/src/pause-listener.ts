import { Client, type ClientConfig } from "pg";

/** Waits before the connection is tried again, in milliseconds. Each is twice the previous one. */
const firstWait = 100;
const longestWait = 5_000;
/** How often the connection is tried, in milliseconds: one that a firewall has forgotten tells nothing. */
const heartbeat = 30_000;
/** How long connecting and closing may take, and a heartbeat, in milliseconds. */
const patience = 4_000;

/**
 * Hears when a limit holds all processes back, on a connection of its own that connects again by itself. It keeps no process
 * alive. What is said while it is away is lost: limiters learn of it with their next exchange.
 */
export class PauseListener {
  readonly #config: ClientConfig;
  readonly #channel: string;
  readonly #listeners = new Map<string, Set<(pausedFor: number) => void>>();
  #client: Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #failures = 0;
  #isClosed = false;

  /** @param channel a plain identifier */
  constructor(config: ClientConfig, channel: string) {
    this.#config = {
      ...config,
      keepAlive: true,
      connectionTimeoutMillis: patience,
      query_timeout: patience,
    };
    this.#channel = channel;
  }

  /** @throws any error if the database cannot be reached */
  open(): Promise<void> {
    return this.#connect(false);
  }

  /** Calls the listener with the time that is left, in milliseconds. */
  watch(name: string, listener: (pausedFor: number) => void): () => void {
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0) this.#listeners.delete(name);
    };
  }

  async aclose(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await this.#end(client);
  }

  /** @param isIdle whether the process may end meanwhile */
  async #connect(isIdle: boolean): Promise<void> {
    const client = new Client(this.#config);
    this.#client = client;
    client.on("error", () => this.#lost(client));
    client.on("end", () => this.#lost(client));
    client.on("notification", ({ payload }) => this.#hear(payload));
    if (isIdle) unref(client);
    try {
      await client.connect();
      await client.query(`LISTEN ${this.#channel}`);
    } catch (error) {
      this.#lost(client);
      throw error;
    }
    unref(client);
    this.#failures = 0;
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      client.query("SELECT 1").catch(() => this.#lost(client));
    }, heartbeat).unref();
  }

  #hear(payload: string | undefined): void {
    const [, milliseconds, name] = /^(\S+) (.*)$/s.exec(payload ?? "") ?? [];
    const pausedFor = Number(milliseconds);
    if (name === undefined || !(pausedFor > 0)) return;
    for (const listener of this.#listeners.get(name) ?? []) listener(pausedFor);
  }

  #lost(client: Client): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    void this.#end(client);
    if (this.#isClosed) return;
    const wait = Math.min(firstWait * 2 ** Math.min(this.#failures++, 10), longestWait);
    this.#retry = setTimeout(
      () => {
        this.#connect(true).catch(() => {});
      },
      wait * (0.5 + Math.random() / 2),
    ).unref();
  }

  /** Never rejects. A network that has gone does not confirm the end: it is not awaited for long. */
  async #end(client: Client): Promise<void> {
    clearInterval(this.#heartbeat);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    // Who awaits the closing must not see the process end before.
    if (!this.#isClosed) timer.unref();
    client.end().then(resolve, () => resolve());
    await promise;
    clearTimeout(timer);
  }
}

/** It is in no declaration of pg's types. */
function unref(client: Client): void {
  (client as Client & { unref(): void }).unref();
}
