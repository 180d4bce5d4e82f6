import { expect, it } from "vitest";
import { likelyKeys } from "./likely-keys.ts";

it.each([
  ["Incorrect API key: sk-proj-Ab12Cd34Ef56Gh78Ij90.", ["sk-proj-Ab12Cd34Ef56Gh78Ij90"]],
  ["no access with 0123456789abcdef0123456789abcdef", ["0123456789abcdef0123456789abcdef"]],
  ["bad token: Bearer sk-a-key", ["sk-a-key"]],
  ["text-embedding-3-small: online_prediction_requests_per_base_model of 2026-11-28", []],
])("guesses what may be a key: %s", (message, keys) => {
  expect(likelyKeys(message)).toEqual(keys);
});
