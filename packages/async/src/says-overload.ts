/** Whether an error looks like a service that has too much to do: by its status, or as a time-out; or its cause does. */
export function saysOverload(error: unknown): boolean {
  return isOverloaded(error) || isOverloaded(property(error, "cause"));
}

function isOverloaded(error: unknown): boolean {
  const status = property(error, "status") ?? property(error, "statusCode");
  if (status === 429 || status === 503 || status === 529) return true;
  const name = property(error, "name");
  return typeof name === "string" && name.endsWith("TimeoutError");
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
