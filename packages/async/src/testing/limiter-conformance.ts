import type { RateLimiter } from "../limits/rate-limiter.ts";
import type { RateLimits } from "../limits/rate-options.ts";
import { alone } from "./alone.ts";
import { together } from "./together.ts";

/** One limit, and the limiters that share it. */
export interface SharedLimit {
  /** A new limiter, as another process would make it. The suite closes it. */
  limiter(limits: RateLimits): RateLimiter | Promise<RateLimiter>;
  /** Frees what was opened; the limiters are closed before. */
  close(): void | Promise<void>;
}

/** A kind of rate limiter to be tested. */
export interface LimiterConformanceSubject {
  /** The name of what is tested. */
  readonly name: string;
  /** Whether the limiters of a {@link SharedLimit} share one limit, as those of processes do. */
  readonly isShared: boolean;
  /** A limit of which nothing has been used. */
  open(): SharedLimit | Promise<SharedLimit>;
}

/** One test, for any runner. */
export interface LimiterConformanceTest {
  readonly name: string;
  /** @throws AssertionError if the limiter does not do what it has to */
  run(): Promise<void>;
}

/**
 * The tests that every rate limiter must pass, for any runner: within a limit, alone and, where it is shared, together
 * with others. They use short intervals, up to a second, and real time.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { RateLimiter } from "@llx/async";
 * import { limiterConformance, type LimiterConformanceSubject } from "@llx/async/testing";
 *
 * const subject: LimiterConformanceSubject = {
 *   name: "RateLimiter",
 *   isShared: false,
 *   open: () => ({ limiter: (limits) => new RateLimiter(limits), close: () => {} }),
 * };
 * for (const { name, run } of limiterConformance(subject)) test(name, run);
 * ```
 */
export function limiterConformance(subject: LimiterConformanceSubject): LimiterConformanceTest[] {
  const cases = subject.isShared ? [...alone, ...together] : alone;
  return cases.map(({ name, run }) => ({
    name,
    run: async () => {
      const limit = await subject.open();
      const made: RateLimiter[] = [];
      try {
        await run(async (limits) => {
          const limiter = await limit.limiter(limits);
          made.push(limiter);
          return limiter;
        });
      } finally {
        await Promise.all(made.map(close));
        await limit.close();
      }
    },
  }));
}

async function close(limiter: RateLimiter & Partial<AsyncDisposable>): Promise<void> {
  limiter.close();
  await limiter[Symbol.asyncDispose]?.();
}
