import { isObject, redact } from "@llx/support";

/** How many errors deep causes and aggregated errors are searched. */
const maxDepth = 5;

/** Removes the password of a connection from errors in place: a database, or a proxy before it, may repeat it. */
export function passwordRedactor(connectionString: string): (error: unknown) => void {
  const { password, searchParams } = new URL(connectionString);
  // As pg reads it.
  const found = [password, searchParams.get("password") ?? "", process.env["PGPASSWORD"] ?? ""];
  const keys = found.flatMap((each) => (each === "" ? [] : [each, decode(each)]));
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
