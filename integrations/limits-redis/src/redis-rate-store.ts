import type { RateAnswer, RateAsk, RateStore } from "@llx/async/shared";
import { TimeLimit } from "@llx/support";
import { channelOf, decodeAnswer, encodeAsk, keysOf, type KnownState } from "./exchange.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { redisFailure } from "./redis-failure.ts";
import { tradeDigest, tradeScript } from "./trade-script.ts";

/** How long the server may take to answer at first, in milliseconds. */
const longestOpening = 10_000;

/** Keeps what the limiters of one name have charged, in Redis. */
export class RedisRateStore implements RateStore {
  readonly #name: string;
  readonly #connection: RedisConnection;
  readonly #url: string | undefined;
  readonly #now: (() => number) | undefined;
  readonly #listeners = new Set<(pausedFor: number) => void>();
  #known: KnownState | undefined;
  #latest: RateAsk | undefined;

  /**
   * @param url of the connection, if it is known, to keep its password out of errors
   * @param now the clock, in milliseconds; that of the server, except in tests
   */
  constructor(name: string, connection: RedisConnection, url?: string, now?: () => number) {
    this.#name = name;
    this.#connection = connection;
    this.#url = url;
    this.#now = now;
  }

  /** @throws Error that says why the server cannot be reached */
  async open(): Promise<void> {
    const onMessage = (message: string): void => this.#heard(Number(message));
    const opening = this.#connection.open(channelOf(this.#name), onMessage, () => void this.#report());
    let limit: TimeLimit;
    const tooLate = new Promise<never>((_, reject) => {
      limit = new TimeLimit(longestOpening, () => reject(new Error(`no answer within ${longestOpening} ms`)));
    });
    try {
      await Promise.race([opening, tooLate]).finally(() => limit.clear());
    } catch (error) {
      throw redisFailure(this.#connection.problem ?? error, this.#url);
    }
  }

  async trade(ask: RateAsk): Promise<RateAnswer> {
    this.#latest = ask;
    const keys = keysOf(this.#name, ask);
    const args = [encodeAsk(ask, this.#known), this.#now?.().toString() ?? "", channelOf(this.#name)];
    try {
      const { epoch, answer } = decodeAnswer(await this.#run(keys, args));
      this.#known = { epoch, at: performance.now() };
      return answer;
    } catch (error) {
      throw redisFailure(this.#connection.problem ?? error, this.#url);
    }
  }

  watch(listener: (pausedFor: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async aclose(): Promise<void> {
    this.#listeners.clear();
    this.#connection.close();
  }

  #heard(pausedFor: number): void {
    if (pausedFor > 0) for (const listener of this.#listeners) listener(pausedFor);
  }

  /** Tells a server that may have been started again what was known, as others may ask it before this limiter does. */
  async #report(): Promise<void> {
    const ask = this.#latest;
    if (ask === undefined || this.#known === undefined) return;
    const extra = ask.extra.map(() => 0);
    const nothing = { wants: [], extra, corrections: [], observations: [], pauseFor: 0 };
    try {
      const { pausedFor } = await this.trade({ ...ask, ...nothing });
      // It may have been published meanwhile.
      this.#heard(pausedFor);
    } catch {
      // It is told with the next exchange.
    }
  }

  async #run(keys: string[], args: string[]): Promise<unknown> {
    try {
      return await this.#connection.evalSha(tradeDigest, keys, args);
    } catch (error) {
      // A server that was started again does not have it any more.
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return this.#connection.eval(tradeScript, keys, args);
    }
  }
}
