import type { SharedRateLimiterOptions } from "@llx/async/shared";
import { checkNames, describeKind, isObject, type NamesOf } from "@llx/support";

/** A client, or a cluster, of node-redis (`redis` or `@redis/client`, from 5 on) or of ioredis (from 5 on). */
export interface RedisClient {
  duplicate(...overrides: never[]): object;
}

/** Which limit of which server, and what happens while it is away. */
export interface RedisRateLimiterOptions extends SharedRateLimiterOptions {
  /** The limit is shared by all limiters of this name on the server. */
  readonly name: string;
  /** The server: `redis://user:password@host:port/database`, or `rediss://` for TLS. */
  readonly url?: string | undefined;
  /**
   * Instead of `url`: a client that you have. Two more connections with its settings are opened, and closed with the limiter;
   * the client itself is neither used nor closed.
   */
  readonly client?: RedisClient | undefined;
}

const names: NamesOf<RedisRateLimiterOptions> = {
  name: true,
  url: true,
  client: true,
  learn: true,
  onStoreError: true,
};

/** What other libraries call them. */
const foreign: Readonly<Record<string, string>> = {
  connectionString: "the option is url",
  redis: "the option is client, or url",
  storeClient: "the option is client",
  keyPrefix: "the option is name",
};

/** @throws TypeError or RangeError that states what was given and what is allowed, without a password */
export function checkLimiterOptions(options: RedisRateLimiterOptions): void {
  checkNames(options, names, foreign);
  const { name, url, client } = options;
  if (typeof name !== "string") throw new TypeError(`name must be a string, not ${describeKind(name)}`);
  if (name === "" || name.length > 200 || /[{}]/.test(name)) {
    throw new RangeError('name must have 1 to 200 characters, and neither "{" nor "}"');
  }
  if ((url === undefined) === (client === undefined)) {
    throw new TypeError(
      "pass either a url, redis://user:password@host:port, or a client of node-redis or ioredis",
    );
  }
  if (url !== undefined) checkUrl(url);
  if (client !== undefined && !(isObject(client) && typeof client.duplicate === "function")) {
    throw new TypeError(`client must be a client of node-redis or ioredis, not ${describeKind(client)}`);
  }
}

/** Shows nothing of the value, which may contain a password. */
function checkUrl(url: unknown): void {
  if (typeof url !== "string") throw new TypeError(`url must be a string, not ${describeKind(url)}`);
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new TypeError("url must be redis://user:password@host:port/database, or rediss:// for TLS");
  }
}
