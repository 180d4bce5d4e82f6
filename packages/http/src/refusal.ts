import type { ErrorFacts } from "./error-facts.ts";
import { limitIntervals } from "./limit-intervals.ts";
import { waitInWords } from "./wait-in-words.ts";

/** What is known of an answer that is an error. */
export interface Refused {
  /** `undefined` where the error has none, and stands in an answer of 2xx. */
  readonly status: number | undefined;
  readonly words: string;
  readonly facts: ErrorFacts;
  /** The wait that headers ask for, in milliseconds. */
  readonly asked: number | undefined;
  /** When a limit that headers tell of is there again, in milliseconds. */
  readonly exhausted: number | undefined;
}

/** What a service means that has too much to do, or to whom no more is owed. */
export interface Refusal {
  readonly refused: boolean;
  /** The account has nothing left, and no wait brings it back. */
  readonly noQuota: boolean;
  readonly retryAfter: number | undefined;
  readonly limitInterval: number | undefined;
}

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
 * Tells a service that is busy from an account that is used up. Services tell both with 429, and the ordinary limits
 * of Gemini, Together and Voyage speak of plans and billing too: where a wait or the window of a limit is named,
 * waiting helps.
 */
export function readRefusal({ status, words, facts, asked, exhausted }: Refused): Refusal {
  if (status !== undefined && ![429, 503, 529].includes(status)) {
    return { refused: false, noQuota: false, retryAfter: asked, limitInterval: undefined };
  }
  const told = asked ?? facts.wait ?? waitInWords(words);
  const interval = intervalOf(words, facts.marks);
  const text = withoutAddresses(`${words}\n${facts.marks}`);
  const lasts = told === undefined && interval === undefined;
  const noQuota = lasts && (status === 429 || status === undefined) && usedUp.test(text);
  const retryAfter = noQuota ? undefined : (told ?? exhausted);
  const refused = !noQuota && (status === 429 || retryAfter !== undefined || overload.test(text));
  return { refused, noQuota, retryAfter, limitInterval: refused ? interval : undefined };
}

/** Names of quotas stand there for each limit that was hit; words may also tell of a longer one that was not. */
function intervalOf(words: string, marks: string): number | undefined {
  const hit = limitIntervals(marks);
  if (hit.length > 0) return Math.max(...hit);
  const told = limitIntervals(withoutAddresses(words));
  return told.length > 0 ? Math.min(...told) : undefined;
}

/** Addresses name pages about limits and billing whatever the error is. */
function withoutAddresses(text: string): string {
  return text.replaceAll(/https?:\/\/\S+/g, "");
}
