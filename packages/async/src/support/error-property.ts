/** A property of whatever was thrown; `undefined` where there is none, and where reading it throws. */
export function errorProperty(error: unknown, name: string): unknown {
  if ((typeof error !== "object" && typeof error !== "function") || error === null) return undefined;
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

/** The HTTP status that an error tells of. */
export function statusOf(error: unknown): number | undefined {
  const status = errorProperty(error, "status") ?? errorProperty(error, "statusCode");
  return typeof status === "number" ? status : undefined;
}
