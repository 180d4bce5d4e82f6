/** `the semaphore "db"`; without a label, what it is alone. */
export function named(what: string, label: unknown): string {
  return typeof label === "string" && label !== "" ? `${what} "${label}"` : what;
}
