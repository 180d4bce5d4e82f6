import { findJson } from "./find-json.ts";
import { plausibleWait } from "./retry-after.ts";

/** What the body of an error states in addition to its message. */
export interface ErrorFacts {
  /** The status in the body: 400 to 599. */
  readonly code: number | undefined;
  /** How long to wait, in milliseconds. */
  readonly wait: number | undefined;
  /** Codes, types, reasons and names of quotas, one per line. */
  readonly marks: string;
}

const maxDepth = 12;
const maxVisited = 500;
const maxMarkLength = 200;

/** Reads the machine-readable parts of an error, in the forms that services use. */
export function errorFacts(json: unknown): ErrorFacts {
  const marks: string[] = [];
  let wait: number | undefined;
  let visited = 0;
  const visit = (value: unknown, depth: number): void => {
    if (depth === 0 || ++visited > maxVisited) return;
    // The response of another service, which a gateway passes on as text.
    if (typeof value === "string") return visit(findJson(value)?.value, depth - 1);
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      wait ??= waitOf(name, member);
      if (isMark(name, member)) marks.push(member);
      else visit(member, depth - 1);
    }
  };
  visit(json, maxDepth);
  return { code: codeOf(json), wait, marks: marks.join("\n") };
}

function isMark(name: string, value: unknown): value is string {
  return (
    /code|type|status|reason|quota/i.test(name) && typeof value === "string" && value.length <= maxMarkLength
  );
}

/** The delay of google.rpc's RetryInfo, and the seconds of others. */
function waitOf(name: string, value: unknown): number | undefined {
  const seconds =
    name === "retryDelay" && typeof value === "string" && /^\d+(\.\d+)?s$/.test(value)
      ? Number.parseFloat(value)
      : name === "retry_after" || name === "estimated_time"
        ? value
        : undefined;
  return typeof seconds === "number" && seconds > 0 ? plausibleWait(Math.ceil(seconds * 1000)) : undefined;
}

function codeOf(json: unknown): number | undefined {
  const outer: unknown = Array.isArray(json) ? json[0] : json;
  for (const members of [memberOf(outer, "error"), outer]) {
    for (const name of ["code", "status", "status_code", "statusCode"]) {
      const code = memberOf(members, name);
      if (/^[45]\d\d$/.test(String(code))) return Number(code);
    }
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
