import { isObject } from "../is-object.ts";
import { redact } from "../service-errors/redact.ts";

/** How many errors deep causes and aggregated errors are searched. */
const maxDepth = 5;

/**
 * Removes the password of a PostgreSQL connection from errors in place: a database, or a proxy before it, may repeat it.
 *
 * @param config what a pool of `pg` is made with
 */
export function passwordRedactor(config: object): (error: unknown) => void {
  const connectionString: unknown = Reflect.get(config, "connectionString");
  const found: unknown[] = [Reflect.get(config, "password"), process.env["PGPASSWORD"]];
  if (typeof connectionString === "string" && URL.canParse(connectionString)) {
    const { password, searchParams } = new URL(connectionString);
    // As pg reads it.
    found.push(password, searchParams.get("password"));
  }
  const keys = found.flatMap((each) => (typeof each === "string" && each !== "" ? [each, decode(each)] : []));
  return (error) => redactIn(error, keys, maxDepth);
}

function redactIn(value: unknown, keys: readonly string[], depth: number): void {
  if (!isObject(value) || depth === 0) return;
  for (const name of Object.getOwnPropertyNames(value)) {
    try {
      const member: unknown = Reflect.get(value, name);
      if (typeof member === "string") {
        const shown = redact(member, { keys, texts: [] });
        if (shown.includes("[redacted]")) Reflect.set(value, name, shown);
      } else if (member instanceof Error || Array.isArray(member)) {
        redactIn(member, keys, depth - 1);
      }
    } catch {
      // A property that cannot be read is not shown either.
    }
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
