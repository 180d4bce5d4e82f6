import type { ErrorFacts } from "./error-facts.ts";
import { limitIntervals } from "./limit-intervals.ts";
import { waitInMessage } from "./wait-in-message.ts";

/** What is known of an error response. */
export interface ErrorReport {
  /** `undefined` for an error without a status within a response of 2xx. */
  readonly status: number | undefined;
  readonly message: string;
  readonly facts: ErrorFacts;
  /** The wait that headers ask for, in milliseconds. */
  readonly asked: number | undefined;
  /** How long until the limits that headers report as exhausted are reset, in milliseconds. */
  readonly toReset?: number | undefined;
}

/** Whether a service is overloaded, or a quota is used up. */
export interface Refusal {
  /** The service did no work, but will after a wait. */
  readonly refused: boolean;
  /** If a quota is used up that no short wait restores: what to do, to be added to the service's message. */
  readonly noQuota: string | undefined;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** The interval of the limit that was hit, in milliseconds: 60,000 for "requests per minute". */
  readonly limitInterval: number | undefined;
}

/** {@link Refusal.noQuota} for an account that has to be paid for. */
export const noQuotaHint =
  "the account's quota or credit is used up, and waiting does not restore it: " +
  "add to it at the service, or use another key";
/** {@link Refusal.noQuota} for a quota that is restored within a day. */
export const noDailyQuotaHint =
  "the quota of the day is used up: try again when the service resets it, or use another key";

const [hour, day] = [3_600_000, 86_400_000];
/** How many characters of a message are examined. */
const examined = 20_000;

const overload =
  /overload|too[ _]many[ _]requests|rate[ _-]?limit|throttl|capacity|\bbusy\b|\bloading\b|warming up|try again later/i;
const usedUp = new RegExp(
  [
    "insufficient_?quota|exceeded_current_quota|quota[^.]{0,80}\\bplan\\b",
    "(?<![a-z])(?:billing|payment|prepa(?:id|yment)|credits?|budget|balance)(?![a-z])",
    "(?:per|/)[\\s_-]?month|monthly",
  ].join("|"),
  "i",
);

/**
 * Distinguishes an overloaded service from an exhausted account. Services use 429 for both, and the ordinary limits of
 * Gemini, Together and Voyage mention plans and billing too: where a wait or an interval is stated, waiting helps.
 */
export function readRefusal({ status, message, facts, asked, toReset }: ErrorReport): Refusal {
  if (status !== undefined && ![429, 503, 529].includes(status)) {
    return { refused: false, noQuota: undefined, retryAfter: asked, limitInterval: undefined };
  }
  const beginning = message.slice(0, examined);
  const wait = asked ?? facts.wait ?? waitInMessage(beginning);
  const hit = limitIntervals(facts.marks);
  // With it, Gemini states the wait for a shorter limit. A wait for the day itself is longer.
  if (status === 429 && Math.max(...hit) >= day && !(wait !== undefined && wait >= hour)) {
    return { refused: false, noQuota: noDailyQuotaHint, retryAfter: undefined, limitInterval: day };
  }
  const interval = intervalOf(beginning, hit);
  const text = withoutUrls(`${beginning}\n${facts.marks}`);
  const isPermanent = wait === undefined && interval === undefined;
  const noQuota =
    isPermanent && (status === 429 || status === undefined) && usedUp.test(text) ? noQuotaHint : undefined;
  const retryAfter = noQuota === undefined ? (wait ?? toReset) : undefined;
  const refused =
    noQuota === undefined && (status === 429 || retryAfter !== undefined || overload.test(text));
  return { refused, noQuota, retryAfter, limitInterval: refused ? interval : undefined };
}

/** Quotas are listed for each limit that was hit; a message may also mention a longer one that was not. */
function intervalOf(message: string, hit: readonly number[]): number | undefined {
  if (hit.length > 0) return Math.max(...hit);
  const mentioned = limitIntervals(withoutUrls(message));
  return mentioned.length > 0 ? Math.min(...mentioned) : undefined;
}

/** URLs refer to pages about limits and billing, whatever the error is. */
function withoutUrls(text: string): string {
  return text.replaceAll(/https?:\/\/\S+/g, "");
}

/** Whether a request that failed with this status may succeed later. 424: the backend of the service failed. */
export function isTransientStatus(status: number): boolean {
  return status >= 500 || [408, 409, 424, 429].includes(status);
}
