import type { Amounts, RateAnswer, RateAsk, RateStore, SharedBudget } from "./rate-store.ts";

/** What a limiter has been granted in one slot. */
interface Slot {
  readonly member: string;
  readonly number: number;
  amount: number;
  expiresAt: number;
}

interface Budget {
  readonly interval: number;
  slots: Slot[];
  expired: number;
}

/** A limiter that was not granted all it asked for. */
interface Hunger {
  readonly since: number;
  /** When it will have asked again, if it still lives. */
  readonly until: number;
  /** What its next request takes, by budget: another limiter may have other budgets. */
  readonly head: ReadonlyMap<string, number>;
}

interface Member {
  seen: number;
  hunger: Hunger | undefined;
}

const parts = 200;
/** Charges of others, as a service shows them. */
const others = "";

/** A store for the limiters of one process, and the model of all others. */
export class MemoryRateStore implements RateStore {
  readonly #now: () => number;
  readonly #budgets = new Map<string, Budget>();
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<(pausedFor: number) => void>();
  #pausedUntil = 0;

  /** @param now the clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async trade(ask: RateAsk): Promise<RateAnswer> {
    const now = this.#now();
    const budgets = ask.budgets.map((each) => this.#budget(each));
    for (const budget of budgets) expire(budget, now);
    this.#correct(ask, budgets, now);
    const free = ask.budgets.map(({ limit }, index) => limit - usedIn(budgets[index]!));
    for (const { budget, remaining, reset, expiredBefore } of ask.observations) {
      const used = free[budget]! - (budgets[budget]!.expired - expiredBefore) - remaining;
      if (used <= 0) continue;
      charge(budgets[budget]!, others, used, now, reset - budgets[budget]!.interval);
      free[budget]! -= used;
    }
    if (ask.pauseFor > 0) this.#pause(now + ask.pauseFor, now);

    const longest = Math.max(...budgets.map(({ interval }) => interval));
    for (const [name, { seen, hunger }] of this.#members) {
      if (seen < now - longest && (hunger?.until ?? now) <= now) this.#members.delete(name);
    }
    const pausedFor = Math.max(0, this.#pausedUntil - now);
    const base = {
      slots: budgets.map((budget) => slotOf(budget, now)),
      expired: budgets.map(({ expired }) => expired),
      intervals: budgets.map(({ interval }) => interval),
      pausedFor,
    };
    if (ask.leaves || pausedFor > 0) {
      if (ask.leaves) this.#members.delete(ask.member);
      else this.#see(ask.member, now, undefined);
      const none = ask.extra.map(() => 0);
      return { ...base, granted: 0, extra: none, free, retryIn: pausedFor, members: this.#members.size };
    }
    const grant = this.#grant(ask, budgets, free, now);
    this.#see(ask.member, now, grant.hunger);
    const { granted, extra, retryIn } = grant;
    return { ...base, granted, extra, free, retryIn, members: this.#members.size };
  }

  watch(listener: (pausedFor: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async aclose(): Promise<void> {
    this.#listeners.clear();
  }

  #budget({ name, interval }: SharedBudget): Budget {
    let budget = this.#budgets.get(name);
    if (budget === undefined) this.#budgets.set(name, (budget = { interval, slots: [], expired: 0 }));
    return budget;
  }

  #correct({ member, corrections }: RateAsk, budgets: readonly Budget[], now: number): void {
    for (const { budget, slot: number, amount } of corrections) {
      const slot = budgets[budget]!.slots.find((each) => each.member === member && each.number === number);
      if (slot !== undefined) slot.amount = Math.max(0, slot.amount + amount);
      else if (amount > 0) charge(budgets[budget]!, member, amount, now, 0);
    }
  }

  #pause(until: number, now: number): void {
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    for (const listener of this.#listeners) listener(until - now);
  }

  #see(member: string, now: number, hunger: Hunger | undefined): void {
    this.#members.set(member, { seen: now, hunger });
  }

  /** Decides what is granted, charges it, and lowers `free`. */
  #grant(
    { member, budgets: limits, wants, extra, hold }: RateAsk,
    budgets: readonly Budget[],
    free: number[],
    now: number,
  ): { granted: number; extra: Amounts; retryIn: number; hunger: Hunger | undefined } {
    const hungry = [...this.#members].flatMap(([name, { hunger }]) =>
      name !== member && hunger !== undefined && hunger.until > now ? [hunger] : [],
    );
    const since = this.#members.get(member)?.hunger?.since ?? now;
    let oldest: Hunger | undefined;
    for (const each of hungry) if (each.since < (oldest?.since ?? since)) oldest = each;

    const own = budgets.map((budget) => usedIn(budget, member));
    const quotas = limits.map(({ limit }) => Math.ceil(limit / (hungry.length + 1)));
    const most = free.map((each, index) => each - (oldest?.head.get(limits[index]!.name) ?? 0));
    const total = limits.map(() => 0);
    let granted = 0;
    for (const want of wants) {
      // The last request may exceed the share, or a part of it would stay unused. The one that is hungry for longest gets its
      // next request in any case.
      const isWithinShare =
        hungry.length === 0 ||
        (granted === 0 && oldest === undefined) ||
        total.every((each, index) => want[index] === 0 || own[index]! + each < quotas[index]!);
      if (!isWithinShare || total.some((each, index) => each + want[index]! > most[index]!)) break;
      for (const [index, amount] of want.entries()) total[index]! += amount;
      granted++;
    }
    const head = wants[granted];
    const isFed = head === undefined && hungry.length === 0;
    const more = extra.map((each, index) =>
      isFed ? Math.max(0, Math.min(each, Math.floor((free[index]! - total[index]!) / 2))) : 0,
    );
    for (const [index, budget] of budgets.entries()) {
      const amount = total[index]! + more[index]!;
      if (amount > 0) charge(budget, member, amount, now, hold);
      free[index]! -= amount;
    }
    if (head === undefined) return { granted, extra: more, retryIn: 0, hunger: undefined };

    const rest = wants.slice(granted);
    const lastUntil = Math.max(...hungry.map(({ until }) => until));
    let retryAt = now;
    for (const [index, budget] of budgets.entries()) {
      const { limit, interval } = limits[index]!;
      const all = rest.reduce((sum, want) => sum + want[index]!, 0);
      // Not one by one: half a share at once, unless that takes long.
      const batch = Math.max(head[index]!, Math.min(all, Math.floor(quotas[index]! / 2)));
      const at = (amount: number): number => {
        const anyAt = roomAt(budget.slots, limit - usedIn(budget), amount, now);
        if (hungry.length === 0) return anyAt;
        const mine = budget.slots.filter((slot) => slot.member === member);
        const ownAt = roomAt(mine, quotas[index]! - usedIn(budget, member), amount, now);
        // By then, others may not be hungry any more.
        return Math.max(anyAt, Math.min(ownAt, lastUntil));
      };
      retryAt = Math.max(retryAt, Math.min(at(batch), at(head[index]!) + interval / 10));
    }
    // Room that is kept for another is free, and yet not to be had.
    const retryIn = Math.max(retryAt - now, hungry.length > 0 ? hold / 8 : 1);
    const hunger = {
      since: granted > 0 ? now : since,
      until: now + retryIn + 2 * hold,
      head: new Map(limits.map(({ name }, index) => [name, head[index]!])),
    };
    return { granted, extra: more, retryIn, hunger };
  }
}

function slotOf({ interval }: Budget, now: number): number {
  return Math.floor(now / (interval / parts));
}

function charge(budget: Budget, member: string, amount: number, now: number, hold: number): void {
  const width = budget.interval / parts;
  const number = slotOf(budget, now);
  const expiresAt = (number + 1) * width + budget.interval + hold;
  const slot = budget.slots.find((each) => each.member === member && each.number === number);
  if (slot === undefined) budget.slots.push({ member, number, amount, expiresAt });
  else {
    slot.amount += amount;
    slot.expiresAt = Math.max(slot.expiresAt, expiresAt);
  }
}

function expire(budget: Budget, now: number): void {
  const { length } = budget.slots;
  if (length === 0) return;
  for (const { expiresAt, amount } of budget.slots) if (expiresAt <= now) budget.expired += amount;
  budget.slots = budget.slots.filter(({ expiresAt }) => expiresAt > now);
}

function usedIn({ slots }: Budget, member?: string): number {
  let used = 0;
  for (const slot of slots) if (member === undefined || slot.member === member) used += slot.amount;
  return used;
}

/** When enough of these slots has expired that `amount` is free. */
function roomAt(slots: readonly Slot[], free: number, amount: number, now: number): number {
  if (free >= amount) return now;
  let room = free;
  for (const { amount: freed, expiresAt } of slots.toSorted((a, b) => a.expiresAt - b.expiresAt)) {
    room += freed;
    if (room >= amount) return expiresAt;
  }
  return now;
}
