export interface SettingSource {
  /** What the caller gave. */
  readonly given: string | undefined;
  /** Environment variables that may hold it instead, the first one that does wins. */
  readonly variables: readonly string[];
}

/** A setting as the caller gave it, or from the environment. A blank one counts as missing. */
export function readSetting({ given, variables }: SettingSource): string | undefined {
  const values = [given, ...variables.map((name) => process.env[name])];
  return values.map((value) => value?.trim()).find((value) => value !== undefined && value !== "");
}

/**
 * The API key as the caller gave it, or from the environment.
 *
 * @throws TypeError for a key that is missing, empty or cannot be sent; the message never shows it
 */
export function requireApiKey(provider: string, source: SettingSource): string {
  if (source.given !== undefined && source.given.trim() === "") {
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
      `the API key for ${provider} holds a line break, a space or another character that no key has; copy it anew`,
    );
  }
  return key;
}

/**
 * An address that was given or read from the environment.
 *
 * @throws TypeError for what is no http or https URL
 */
export function checkUrl(provider: string, url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(
      `the address for ${provider} must be an http or https URL, not ${JSON.stringify(url)}`,
    );
  }
  return url;
}
