import { describeKind } from "@llx/support";

/** Sources of a setting. */
export interface SettingSource {
  /** The option that the caller passed. It takes precedence, even if it is blank. */
  readonly given: string | undefined;
  /** Environment variables to read otherwise; the first one that is set counts. */
  readonly variables: readonly string[];
  /** The value if neither is set, such as the service's own address. */
  readonly fallback?: string | undefined;
}

/**
 * A setting from an option or the environment, trimmed. A blank variable counts as missing, a blank option does not: another
 * value in its place could send texts and a key elsewhere. One that is not a string, such as `null`, is returned as it is:
 * whoever validates the setting knows its name. So give the default as `fallback`; `??` would replace `null`.
 */
export function readSetting(source: SettingSource & { readonly fallback: string }): string;
export function readSetting(source: SettingSource): string | undefined;
export function readSetting({ given, variables, fallback }: SettingSource): string | undefined {
  if (given !== undefined) return typeof given === "string" ? given.trim() : given;
  return variables.map((name) => process.env[name]?.trim()).find(Boolean) ?? fallback;
}

/**
 * The API key from an option or the environment.
 *
 * @param provider names the service in messages
 * @throws TypeError for a key that is missing, empty or has invalid characters; the message never shows it
 */
export function requireApiKey(provider: string, source: SettingSource): string {
  const given: unknown = source.given;
  if (given !== undefined && typeof given !== "string") {
    throw new TypeError(`the apiKey for ${provider} must be a string, not of type ${typeof given}`);
  }
  if (given?.trim() === "") {
    throw new TypeError(`the apiKey for ${provider} is empty`);
  }
  const key = readSetting(source);
  if (key === undefined) {
    throw new TypeError(
      `no API key for ${provider}: set ${source.variables.join(" or ")}, or give the option apiKey`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new TypeError(
      `the API key for ${provider} contains a line break, a space or another invalid character; ` +
        "copy it again, without anything around it",
    );
  }
  return key;
}

/**
 * The address of a service, returned as it is.
 *
 * @param name of the address in messages
 * @throws TypeError unless it is an http or https URL without user name and password; the message shows nothing of it
 *   but its scheme, as it may contain a key
 */
export function checkUrl(provider: string, url: string, name = "the address"): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(`${name} for ${provider} must be an http or https URL, ${notThis(url)}`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError(
      `${name} for ${provider} must not contain a user name or password; ` +
        "send them in the header authorization",
    );
  }
  return url;
}

function notThis(url: unknown): string {
  if (url instanceof URL) return "as a string: pass its href";
  if (typeof url !== "string" || url === "") return `not ${describeKind(url)}`;
  const host = /^(?:localhost|[\w-]+(?:\.[\w-]+)+):\d{1,5}(?=\/|$)/.exec(url)?.[0];
  if (host !== undefined) return `not ${host}: it needs http:// before it`;
  // The rest may be a key.
  const scheme = /^[a-z][a-z.+-]{0,15}(?=:\/\/)/i.exec(url)?.[0];
  if (scheme === undefined) return "and this one does not begin with https:// or http://";
  return /^https?$/i.test(scheme) ? "and this one is not a valid URL" : `not one with ${scheme}://`;
}
