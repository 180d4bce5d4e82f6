import { readSetting, requireApiKey } from "@llx/http";

/** Where an add-on's variables stand: as `EMBEDDING`, with Heroku's prefix, or as it names itself. */
const prefixes = ["EMBEDDING", "HEROKU_EMBEDDING", "INFERENCE"] as const;

/** What a caller may give; what is missing or blank comes from the environment. */
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
 * The key, the address and the model. What comes from the environment is of one add-on: the key of one is
 * never sent to the address of another.
 *
 * @throws TypeError for a missing key, and one that cannot be sent
 */
export function readSettings(given: GivenSettings): HerokuSettings {
  const apiKey = requireApiKey("Heroku", {
    given: given.apiKey,
    variables: prefixes.map((prefix) => `${prefix}_KEY`),
  });
  // A key that was given may also be meant for an add-on whose variables have none.
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
