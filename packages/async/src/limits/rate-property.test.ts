import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type RateLease, type RateLimit, RateLimiter, type RateLimits } from "../index.ts";

type After = "nothing" | "settle" | "cancel";

interface Plan {
  readonly at: number;
  readonly tokens: number;
  /** Does not wait. */
  readonly tries: boolean;
  readonly abortsAfter: number | undefined;
  readonly then: { readonly what: After; readonly after: number; readonly tokens: number };
}

interface Case {
  readonly requests: RateLimit | undefined;
  readonly tokens: RateLimit | undefined;
  readonly plans: readonly Plan[];
  readonly pauses: readonly { readonly at: number; readonly lasts: number }[];
  readonly closesAt: number | undefined;
}

/** What is known of a request at a given time. */
interface Known {
  readonly at: number;
  /** The index among all steps. */
  readonly step: number;
  readonly requests: number;
  readonly tokens: number;
}

/** A request that has started: what was known of it then, and later. */
interface Start {
  readonly index: number;
  readonly known: readonly [Known, ...Known[]];
}

const limitArbitrary = (most: number, longest: number): fc.Arbitrary<RateLimit> =>
  fc.record({
    limit: fc.integer({ min: 1, max: most }),
    interval: fc.integer({ min: 10, max: longest }),
  });

/** Long intervals, so that requests share slots; and short ones, where none do and all is exact. */
const caseArbitrary: fc.Arbitrary<Case> = fc
  .tuple(fc.constantFrom(150, 4000), fc.constantFrom("requests", "tokens", "both"))
  .chain(([longest, which]) =>
    fc.record({
      requests: which === "tokens" ? fc.constant(undefined) : limitArbitrary(6, longest),
      tokens: which === "requests" ? fc.constant(undefined) : limitArbitrary(50, longest),
      plans: fc.array(
        fc.record({
          at: fc.nat({ max: 2 * longest }),
          tokens: fc.nat({ max: 30 }),
          tries: fc.nat({ max: 9 }).map((n) => n === 7),
          abortsAfter: fc.option(fc.integer({ min: 1, max: longest }), { nil: undefined, freq: 3 }),
          then: fc.record({
            what: fc.constantFrom("nothing", "settle", "cancel"),
            after: fc.nat({ max: longest }),
            tokens: fc.nat({ max: 60 }),
          }),
        }),
        { maxLength: 30 },
      ),
      pauses: fc.array(fc.record({ at: fc.nat({ max: 2 * longest }), lasts: fc.nat({ max: longest }) }), {
        maxLength: 3,
      }),
      closesAt: fc.option(fc.nat({ max: 4 * longest }), { nil: undefined, freq: 2 }),
    }),
  );

/** Executes a plan, and records what happens. Each action has its own timer, so that the order is certain. */
class World {
  readonly starts: Start[] = [];
  /** When each wait ended, with a start or without. */
  readonly overAt: number[] = [];
  readonly reasons = new Map<number, unknown>();
  readonly controllers: AbortController[] = [];
  readonly limiter: RateLimiter;
  #step = 0;

  constructor({ requests, tokens, plans, pauses, closesAt }: Case) {
    this.limiter = new RateLimiter({ requests, tokens } as RateLimits);
    for (const [index, plan] of plans.entries()) setTimeout(() => this.#arrive(index, plan), plan.at);
    for (const { at, lasts } of pauses) {
      setTimeout(() => this.limiter.pauseUntil(Date.now() + lasts), at);
    }
    if (closesAt !== undefined) setTimeout(() => this.limiter.close("closed"), closesAt);
  }

  #arrive(index: number, plan: Plan): void {
    const { tokens, tries, abortsAfter } = plan;
    if (tries) {
      const lease = this.limiter.tryAcquire({ tokens });
      if (lease === undefined) this.overAt[index] = performance.now();
      else this.#start(index, plan, lease);
      return;
    }
    const controller = new AbortController();
    this.controllers.push(controller);
    if (abortsAfter !== undefined) setTimeout(() => controller.abort(`abort ${index}`), abortsAfter);
    this.limiter.acquire({ tokens, signal: controller.signal }).then(
      (lease) => this.#start(index, plan, lease),
      (reason: unknown) => {
        this.overAt[index] = performance.now();
        this.reasons.set(index, reason);
      },
    );
  }

  #start(index: number, { tokens, then }: Plan, lease: RateLease): void {
    const at = performance.now();
    this.overAt[index] = at;
    const known: [Known, ...Known[]] = [{ at, step: this.#step++, requests: 1, tokens }];
    this.starts.push({ index, known });
    if (then.what === "nothing") return;
    setTimeout(() => {
      known.push({
        at: performance.now(),
        step: this.#step++,
        requests: then.what === "settle" ? 1 : 0,
        tokens: then.what === "settle" ? then.tokens : 0,
      });
      if (then.what === "settle") lease.settle(then.tokens);
      else lease.cancel();
      // Only the first counts.
      lease.settle(then.tokens + 7);
      lease.cancel();
    }, then.after);
  }

  /** What started within an interval before `now` or at it, by what was known at that time, or before a step. */
  used(name: "requests" | "tokens", interval: number, now: number, step = Number.POSITIVE_INFINITY): number {
    let used = 0;
    for (const { known } of this.starts) {
      if (known[0].at <= now - interval || known[0].at > now || known[0].step > step) continue;
      used += known.findLast((each) => each.at <= now && each.step <= step)![name];
    }
    return used;
  }
}

const names = ["requests", "tokens"] as const;

/** Plans that ask for more than the limit are reduced: they would be refused at once. */
function possible(given: Case): Case {
  const most = given.tokens?.limit ?? Number.POSITIVE_INFINITY;
  return { ...given, plans: given.plans.map((plan) => ({ ...plan, tokens: Math.min(plan.tokens, most) })) };
}

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

async function live(given: Case): Promise<World> {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  const world = new World(given);
  await vi.runAllTimersAsync();
  return world;
}

describe("RateLimiter with random requests", () => {
  it("never starts more than the limit, by what is known at each start", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary.map(possible), async (given) => {
        const world = await live(given);
        for (const { known } of world.starts) {
          const [{ at, step }] = known;
          for (const name of names) {
            const budget = given[name];
            if (budget === undefined) continue;
            expect(world.used(name, budget.interval, at, step)).toBeLessThanOrEqual(budget.limit);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("is first come, first served; serves or rejects all, and leaves nothing behind", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary.map(possible), async (given) => {
        const world = await live(given);
        const { plans, closesAt = Number.POSITIVE_INFINITY } = given;
        const places = [...plans.keys()].toSorted((a, b) => plans[a]!.at - plans[b]!.at);
        const place = (index: number): number => places.indexOf(index);
        const order = world.starts.map(({ index }) => place(index));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        for (const index of plans.keys()) expect(world.overAt[index]).toBeTypeOf("number");
        for (const [index, reason] of world.reasons) {
          const at = world.overAt[index]!;
          const { at: came, abortsAfter = Number.POSITIVE_INFINITY } = plans[index]!;
          if (reason === "closed") expect(at).toBe(Math.max(came, closesAt));
          else expect([reason, at]).toEqual([`abort ${index}`, came + abortsAfter]);
        }
        for (const { signal } of world.controllers) expect(getEventListeners(signal, "abort")).toEqual([]);
        expect([world.limiter.waiting, vi.getTimerCount()]).toEqual([0, 0]);
      }),
      { numRuns: 200 },
    );
  });

  it("starts the next request as soon as there is room, at most 0.5 % of an interval late", async () => {
    await fc.assert(
      fc.asyncProperty(caseArbitrary.map(possible), async (given) => {
        const world = await live(given);
        const longer = (name: "requests" | "tokens"): number => given[name]!.interval * 1.005;
        const isPaused = (now: number): boolean =>
          given.pauses.some(({ at, lasts }) => at <= now && at + lasts > now);
        const fits = (tokens: number, now: number): boolean =>
          !isPaused(now) &&
          names.every((name) => {
            const cost = name === "requests" ? 1 : tokens;
            return (
              given[name] === undefined || world.used(name, longer(name), now) + cost <= given[name].limit
            );
          });
        // A request can only start to fit at one of these times.
        const moments = [
          ...world.starts.flatMap(({ known }) => known.map(({ at }) => at)),
          ...world.overAt,
          ...given.pauses.map(({ at, lasts }) => at + lasts),
          ...names.flatMap((name) =>
            given[name] === undefined
              ? []
              : world.starts.map(({ known }) => Math.ceil(known[0].at + longer(name))),
          ),
        ];
        const places = [...given.plans.keys()].toSorted((a, b) => given.plans[a]!.at - given.plans[b]!.at);
        let nextSince = 0;
        for (const index of places) {
          const { at: came, tokens, tries } = given.plans[index]!;
          nextSince = Math.max(nextSince, came);
          const over = world.overAt[index]!;
          for (const moment of [nextSince, ...moments]) {
            if (tries || moment < nextSince || moment >= over) continue;
            expect(fits(tokens, moment), `${index} waits at ${moment}`).toBe(false);
          }
          nextSince = Math.max(nextSince, over);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("RateLimiter under load", () => {
  const limits = {
    requests: { limit: 500, interval: 60_000 },
    tokens: { limit: 800_000, interval: 60_000 },
  };
  const minutes = 10;

  /** Numbers from 0 to 1 that are the same each time. */
  function seeded(): () => number {
    let state = 42;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
  }

  const loads = {
    "where requests bind": (random: () => number) => 100 + Math.floor(1000 * random()),
    "where tokens bind": (random: () => number) => 1000 + Math.floor(7000 * random()),
  };
  const arrivals = { "all at once": 0, "one in 50 ms": 50, "one in 100 ms": 100 };

  it.each(
    Object.entries(loads).flatMap(([load, tokensOf]) =>
      Object.entries(arrivals).map(([name, apart]) => ({ load, name, apart, tokensOf })),
    ),
  )("uses 98 % and exceeds no window: $load, $name", async ({ load, apart, tokensOf }) => {
    const limiter = new RateLimiter(limits);
    const random = seeded();
    const starts: { at: number; requests: number; tokens: number }[] = [];
    let at = 0;
    for (let n = 0; n < 12_000; n++) {
      const tokens = tokensOf(random);
      // oxlint-disable-next-line no-loop-func
      setTimeout(() => {
        limiter.acquire({ tokens }).then(
          () => starts.push({ at: performance.now(), requests: 1, tokens }),
          () => {},
        );
      }, Math.floor(at));
      at += 2 * apart * random();
    }
    await vi.advanceTimersByTimeAsync(minutes * 60_000 - 1);
    expect(limiter.waiting).toBeGreaterThan(100);
    limiter.close();
    const most = { requests: 0, tokens: 0 };
    const within = { requests: 0, tokens: 0 };
    let first = 0;
    for (const start of starts) {
      for (; starts[first]!.at <= start.at - 60_000; first++) {
        for (const name of names) within[name] -= starts[first]![name];
      }
      for (const name of names) {
        within[name] += start[name];
        most[name] = Math.max(most[name], within[name]);
      }
    }
    expect(most.requests).toBeLessThanOrEqual(500);
    expect(most.tokens).toBeLessThanOrEqual(800_000);
    const binding = load === "where requests bind" ? "requests" : "tokens";
    const used = starts.reduce((sum, start) => sum + start[binding], 0);
    expect(used / (minutes * limits[binding].limit)).toBeGreaterThanOrEqual(0.98);
  });
});
