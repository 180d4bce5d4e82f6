import { isIPv6 } from "node:net";
import { endpointUrl, readSetting, requireApiKey } from "@llx/http";

const provider = "Ollama";

/**
 * The address of the embeddings.
 *
 * @throws TypeError for an invalid address
 */
export function readUrl(given: string | undefined): string {
  const host = readSetting({ given, variables: ["OLLAMA_HOST"], fallback: "" });
  // A blank option is no address, unlike none.
  const isAddress = typeof host === "string" && given?.trim?.() !== "";
  return endpointUrl(provider, isAddress ? urlOf(host) : host, "/api/embed");
}

/**
 * Reads the forms of `OLLAMA_HOST` as the server and its command line do (envconfig/config.go: `Host`,
 * `ConnectableHost`): without a scheme the port is 11434 by default, and an address to listen at becomes one to connect to.
 */
function urlOf(given: string): string {
  const host = given.replaceAll(/^["']+|["']+$/g, "");
  return withScheme(host)
    .replace(/^(https?:\/\/)0\.0\.0\.0(?![^:/])/i, "$1127.0.0.1")
    .replace(/^(https?:\/\/\[)::\]/i, "$1::1]");
}

function withScheme(host: string): string {
  if (host.includes("://")) return host;
  if (host === "ollama.com") return "https://ollama.com";
  if (isIPv6(host)) return `http://[${host}]:11434`;
  const [, name, port, path] = /^(\[[^\]]*\]|[^:/]*)(:\d+)?(\/.*)?$/s.exec(host) ?? [];
  return name === undefined
    ? `http://${host}`
    : `http://${name || "127.0.0.1"}${port ?? ":11434"}${path ?? ""}`;
}

/**
 * The key to send. The variable is read for ollama.com alone, as by the official client for JavaScript: a key of the
 * service must not reach whichever server a request goes to.
 *
 * @throws TypeError for an invalid key, and for none at ollama.com
 */
export function readKey(given: string | undefined, url: string): string | undefined {
  const isOwn = new URL(url).origin === "https://ollama.com";
  if (given === undefined && !isOwn) return undefined;
  return requireApiKey(provider, { given, variables: isOwn ? ["OLLAMA_API_KEY"] : [] });
}
