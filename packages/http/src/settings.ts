import { describe } from "./checks.ts";

/** Where a setting may come from. */
export interface SettingSource {
  /** What the caller gave. */
  readonly given: string | undefined;
  /** Environment variables that may hold it instead, the first one that does wins. */
  readonly variables: readonly string[];
}

/**
 * A setting as the caller gave it, or from the environment. A blank one counts as missing; one that is no string is for
 * whoever checks the setting, who knows its name.
 */
export function readSetting({ given, variables }: SettingSource): string | undefined {
  const values = [given, ...variables.map((name) => process.env[name])];
  return values
    .map(
      (value: unknown) =>
        (typeof value === "string" ? value.trim() : (value ?? undefined)) as string | undefined,
    )
    .find((value) => value !== undefined && value !== "");
}

/**
 * The API key as the caller gave it, or from the environment.
 *
 * @throws TypeError for a key that is missing, empty or cannot be sent; the message never shows it
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
      `the API key for ${provider} holds a line break, a space or another character that no key has; ` +
        "copy it anew, the key alone",
    );
  }
  return key;
}

/**
 * An address that was given or read from the environment.
 *
 * @throws TypeError for what is no http or https URL, and for one with a user name or password; the message
 *   shows neither, nor a key that stands in its place
 */
export function checkUrl(provider: string, url: string): string {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError(`the address for ${provider} must be an http or https URL, ${notThis(url)}`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError(
      `the address for ${provider} must not hold a user name or password; ` +
        "send them in the header authorization",
    );
  }
  return url;
}

function notThis(url: unknown): string {
  if (typeof url !== "string" || url === "") return `not ${describe(url)}`;
  // Anything else may be a key.
  if (!url.includes("://")) return "and this one does not begin with https:// or http://";
  const shown = url.replace(/^[^]*@/, "…@").replace(/[?#][^]*$/, "?…");
  return `not ${JSON.stringify(shown.length > 100 ? `${shown.slice(0, 100)}…` : shown)}`;
}
