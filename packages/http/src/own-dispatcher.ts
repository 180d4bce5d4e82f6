import type * as undiciModule from "undici/index.js";
import type { Agent, Dispatcher, Pool } from "undici/index.js";
import { describeKind } from "@llx/support";
import { readSetting } from "./settings.ts";

/** What opens pools. */
export type Undici = typeof undiciModule;

/** Opens pools of one client. */
export interface OwnDispatcher {
  readonly open: (undici: Undici) => Dispatcher;
  /** Passwords of its proxies, which no message may show. */
  readonly secrets: readonly string[];
}

/** Prefers HTTP/2 where it is enabled and the server leaves the choice to the client. */
const tls = { connect: { preferH2: true }, requestTls: { preferH2: true } };

/**
 * Pools that connect through the given proxy, otherwise through those of the environment, otherwise directly.
 *
 * @throws TypeError for an invalid proxy URL, without showing it
 */
export function ownDispatcher(proxy: unknown, keepAliveTimeoutThreshold?: number): OwnDispatcher {
  const poolOf = (undici: Undici): Agent.Options => ({
    ...tls,
    ...(keepAliveTimeoutThreshold !== undefined && poolsWith(undici, keepAliveTimeoutThreshold)),
  });
  if (proxy !== undefined) {
    if (typeof proxy !== "string" && !(proxy instanceof URL)) {
      throw new TypeError(`proxy must be a string or a URL, not ${describeKind(proxy)}`);
    }
    const url = readProxy("the option proxy", String(proxy));
    return {
      open: (undici) => new undici.ProxyAgent({ ...poolOf(undici), uri: url.href }),
      secrets: secretsOf(url),
    };
  }
  const [httpProxy, httpsProxy] = [fromEnvironment("http_proxy"), fromEnvironment("https_proxy")];
  if (httpProxy === undefined && httpsProxy === undefined)
    return { open: (undici) => new undici.Agent(poolOf(undici)), secrets: [] };
  const noProxy = readVariable("no_proxy") ?? "";
  return {
    open: (undici) =>
      new undici.EnvHttpProxyAgent({
        ...poolOf(undici),
        httpProxy: httpProxy?.href ?? "",
        httpsProxy: httpsProxy?.href ?? "",
        noProxy,
      }),
    secrets: [httpProxy, httpsProxy].flatMap((url) => (url === undefined ? [] : secretsOf(url))),
  };
}

/** A factory, because undici passes no options to the pool for http addresses behind a proxy. */
function poolsWith(undici: Undici, keepAliveTimeoutThreshold: number): Agent.Options {
  return {
    factory: (origin, options) =>
      new undici.Pool(origin, { ...(options as Pool.Options), keepAliveTimeoutThreshold }),
  };
}

function fromEnvironment(name: string): URL | undefined {
  const value = readVariable(name);
  if (value === undefined) return undefined;
  // Most programs also accept an address without a scheme.
  return readProxy(`the environment variable ${name} (or ${name.toUpperCase()})`, value, "http://");
}

function readVariable(name: string): string | undefined {
  return readSetting({ given: undefined, variables: [name, name.toUpperCase()] });
}

function readProxy(what: string, value: string, scheme = ""): URL {
  const text = value.includes("://") ? value : scheme + value;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !canDecode(url)) {
    throw new TypeError(`${what} must be an http or https URL, such as http://proxy.example:3128`);
  }
  return url;
}

/** User name and password are percent-encoded in a URL, and undici decodes them. */
function canDecode({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

function secretsOf({ username, password }: URL): string[] {
  if (username === "" && password === "") return [];
  const [user, word] = [decodeURIComponent(username), decodeURIComponent(password)];
  return [password, word, Buffer.from(`${user}:${word}`).toString("base64")];
}
