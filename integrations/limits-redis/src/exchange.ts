import type { RateAnswer, RateAsk } from "@llx/async/shared";

/** What a limiter last knew of its state. */
export interface KnownState {
  /** Names what the server remembers: another one if it has lost its memory. */
  readonly epoch: string;
  /** When it answered, by `performance.now()`. */
  readonly at: number;
}

/** The keys of an exchange: all in one slot of a cluster. */
export function keysOf(name: string, { member, budgets }: RateAsk): string[] {
  const state = channelOf(name);
  return [
    state,
    ...["seen", "since", "until", "heads"].map((each) => `${state}:${each}`),
    ...budgets.flatMap(({ name: budget }) =>
      ["slots", "amounts", "members", `of:${member}`].map((each) => `${state}:${budget}:${each}`),
    ),
  ];
}

/** The key of the state, which is also the channel on which pauses are published. */
export function channelOf(name: string): string {
  return `llx:limit:{${name}}`;
}

export function encodeAsk(ask: RateAsk, known: KnownState | undefined): string {
  return JSON.stringify({
    ...ask,
    budgets: ask.budgets.map(({ name, limit, interval }) => [name, limit, interval]),
    corrections: ask.corrections.map(({ budget, slot, amount }) => [budget, slot, amount]),
    observations: ask.observations.map(({ budget, remaining, reset, expiredBefore }) => [
      budget,
      remaining,
      reset,
      expiredBefore,
    ]),
    epoch: known?.epoch ?? "",
    ago: known === undefined ? 0 : performance.now() - known.at,
  });
}

/** @throws Error if it is none */
export function decodeAnswer(reply: unknown): { readonly epoch: string; readonly answer: RateAnswer } {
  if (!Array.isArray(reply) || reply.length < 5)
    throw new Error("the reply of Redis is none of this version");
  const [epoch, ...rest] = reply.map(String);
  const [granted, retryIn, pausedFor, members, ...each] = rest.map(Number);
  const column = (at: number): number[] => each.filter((_, index) => index % 5 === at);
  return {
    epoch: epoch!,
    answer: {
      granted: granted!,
      retryIn: retryIn!,
      pausedFor: pausedFor!,
      members: members!,
      extra: column(0),
      slots: column(1),
      expired: column(2),
      free: column(3),
      intervals: column(4),
    },
  };
}
