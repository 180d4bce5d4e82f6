/** A duration in the form of Go: `time.ParseDuration` refuses a number without a unit, such as "60". */
const duration = /^-?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)$/;

/** @throws TypeError for what the server does not take as a duration */
export function checkKeepAlive(value: unknown): void {
  if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return;
  if (typeof value === "string" && duration.test(value)) return;
  const given =
    typeof value === "string" || typeof value === "number" ? JSON.stringify(String(value)) : typeof value;
  throw new TypeError(
    `keepAlive must be a number of seconds, or a duration such as "10m" or "1h30m", not ${given}`,
  );
}

/** @throws TypeError for what is not an object of parameters */
export function checkModelOptions(value: unknown): void {
  if (value === undefined || (typeof value === "object" && value !== null && !Array.isArray(value))) return;
  throw new TypeError("modelOptions must be an object such as { num_ctx: 8192 }");
}
