/** @throws TypeError for a value that JSON cannot represent */
export function toJson(provider: string, body: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch (cause) {
    throw new TypeError(
      `the body for ${provider} cannot be sent as JSON: ` +
        "it contains a BigInt, refers to itself, or its toJSON() throws",
      { cause },
    );
  }
  if (text === undefined) {
    throw new TypeError(`the body for ${provider} cannot be sent as JSON: it is ${typeof body}`);
  }
  return text;
}
