import { readSetting, requireApiKey } from "@llx/http";

/** Prefixes of an add-on's variables: `EMBEDDING`, with Heroku's prefix, or the add-on's own. */
const prefixes = ["EMBEDDING", "HEROKU_EMBEDDING", "INFERENCE"] as const;

/** The options of the caller; a missing or blank one is read from the environment. */
export interface GivenSettings {
  readonly apiKey?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly model?: string | undefined;
}

export interface HerokuSettings {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly model: string | undefined;
}

/**
 * The key, the address and the model. Those of the environment belong to one add-on: the key of one is
 * never sent to the address of another.
 *
 * @throws TypeError for a missing key, and for one that cannot be sent
 */
export function readSettings(given: GivenSettings): HerokuSettings {
  const apiKey = requireApiKey("Heroku", {
    given: given.apiKey,
    variables: prefixes.map((prefix) => `${prefix}_KEY`),
  });
  // The key of the caller may also belong to an add-on without a key variable.
  const addOn =
    prefixes.find((prefix) => variable(prefix, "KEY") === apiKey) ??
    prefixes.find(
      (prefix) =>
        variable(prefix, "KEY") === undefined && (variable(prefix, "URL") ?? variable(prefix, "MODEL_ID")),
    );
  const setting = (name: "URL" | "MODEL_ID", value: string | undefined): string | undefined =>
    readSetting({ given: value, variables: addOn === undefined ? [] : [`${addOn}_${name}`] });
  return { apiKey, baseUrl: setting("URL", given.baseUrl), model: setting("MODEL_ID", given.model) };
}

function variable(prefix: string, name: "KEY" | "URL" | "MODEL_ID"): string | undefined {
  return readSetting({ given: undefined, variables: [`${prefix}_${name}`] });
}
