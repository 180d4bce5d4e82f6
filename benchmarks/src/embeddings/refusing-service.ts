import { seeded } from "../async/seeded.ts";

/** What a service accepts. */
export interface Rule {
  /** Whether a request of so many tokens is accepted; if so, it is counted. */
  pass(tokens: number, now: number): boolean;
}

/** So many requests and tokens within any `interval`, or within each from the first request on. */
export class WindowRule implements Rule {
  readonly #limits: { readonly requests: number; readonly tokens: number };
  readonly #interval: number;
  readonly #isSliding: boolean;
  #passed: { readonly at: number; readonly tokens: number }[] = [];
  #tokens = 0;
  #began = Number.NaN;

  constructor(limits: { requests: number; tokens: number }, interval: number, isSliding: boolean) {
    this.#limits = limits;
    this.#interval = interval;
    this.#isSliding = isSliding;
  }

  pass(tokens: number, now: number): boolean {
    if (this.#isSliding) {
      while (this.#passed.length > 0 && this.#passed[0]!.at <= now - this.#interval) {
        this.#tokens -= this.#passed.shift()!.tokens;
      }
    } else if (!(now < this.#began + this.#interval)) {
      this.#began = now;
      this.#passed = [];
      this.#tokens = 0;
    }
    const { requests, tokens: most } = this.#limits;
    if (this.#passed.length >= requests || this.#tokens + tokens > most) return false;
    this.#passed.push({ at: now, tokens });
    this.#tokens += tokens;
    return true;
  }
}

/** The outcome of one request. */
export type Reply = { readonly tokens: number } | "refused";

/**
 * A service in this process, on the clock of `performance.now()`: it responds after 150 to 450 ms, and refuses after 20.
 * It applies its rule 10 ms after a request was sent.
 */
export class RefusingService {
  readonly #rule: Rule;
  readonly #random: () => number;
  passed = 0;
  refused = 0;
  /** The accepted requests, and when. */
  readonly log: { readonly at: number; readonly tokens: number }[] = [];
  /** When the last response was sent. */
  endedAt = 0;

  constructor(rule: Rule, seed: number) {
    this.#rule = rule;
    this.#random = seeded(seed);
  }

  async ask(texts: readonly string[]): Promise<Reply> {
    const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0);
    await after(10);
    if (!this.#rule.pass(tokens, performance.now())) {
      this.refused++;
      await after(10);
      return "refused";
    }
    this.passed++;
    this.log.push({ at: performance.now(), tokens });
    await after(140 + 300 * this.#random());
    this.endedAt = performance.now();
    return { tokens };
  }
}

/** Four characters per token. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Texts of 20 to 140 tokens, 80 on average. */
export function textsOf(count: number, seed: number): string[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => {
    const start = `text ${index} `;
    return start + "x".repeat(4 * Math.floor(20 + 121 * random()) - start.length);
  });
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
