/** @throws TypeError for what JSON cannot hold */
export function toJson(provider: string, body: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(body);
  } catch (cause) {
    throw new TypeError(
      `the body for ${provider} cannot be sent as JSON: ` +
        "it holds a BigInt, refers to itself, or its toJSON() fails",
      { cause },
    );
  }
  if (text === undefined) {
    throw new TypeError(`the body for ${provider} cannot be sent as JSON: it is ${typeof body}`);
  }
  return text;
}
