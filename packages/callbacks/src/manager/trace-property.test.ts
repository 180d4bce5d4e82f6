import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AnyEventEnd,
  CallbackManager,
  DebugHandler,
  type EventContext,
  type BareEventType,
} from "../index.ts";

/** What an event does with its children, and how it ends. */
interface Plan {
  readonly type: BareEventType;
  readonly how: "sequence" | "parallel" | "detached" | "stream";
  readonly end: "ok" | "throw" | "abort" | "leave early";
  readonly turns: number;
  readonly children: readonly Plan[];
}

const types = ["query", "retrieve", "synthesize", "tree", "agent_step"] as const satisfies BareEventType[];

const plan = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.record({
    type: fc.constantFrom(...types),
    how: fc.constantFrom("sequence", "parallel", "detached", "stream"),
    end: fc.constantFrom("ok", "ok", "throw", "abort", "leave early"),
    turns: fc.nat({ max: 3 }),
    children: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie("plan"), { maxLength: 3 })),
  }),
})).plan;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) {
    await (turn % 2 === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
  }
};

/** A tree, as run or as recorded. */
interface Tree {
  readonly type: string;
  readonly status: string;
  readonly children: Tree[];
}

class Failure extends Error {}

/** Runs plans, and notes what it ran: the tree that must be recorded. */
class Runner {
  readonly #manager: CallbackManager;
  readonly #detached: Promise<void>[] = [];

  constructor(manager: CallbackManager) {
    this.#manager = manager;
  }

  async run(plans: readonly Plan[]): Promise<Tree[]> {
    const roots: Tree[] = [];
    await Promise.all(plans.map((each) => this.#event(each, roots)));
    // Detached events may start more of them.
    while (this.#detached.length > 0) {
      await Promise.all(this.#detached.splice(0));
    }
    return roots;
  }

  async #event(each: Plan, siblings: Tree[]): Promise<void> {
    const tree = { type: each.type, status: "ok", children: [] as Tree[] };
    siblings.push(tree);
    try {
      if (each.how === "stream") await this.#stream(each, tree);
      else if (each.how === "detached") this.#detach(each, tree);
      else await this.#manager.event(each.type, () => this.#body(each, tree));
    } catch (error) {
      if (!(error instanceof Failure || error instanceof DOMException)) throw error;
    }
  }

  async #body(each: Plan, tree: { status: string; children: Tree[] }): Promise<void> {
    await turns(each.turns);
    if (each.how === "parallel") {
      await Promise.all(each.children.map((child) => this.#event(child, tree.children)));
    } else {
      for (const child of each.children) {
        await this.#event(child, tree.children);
      }
    }
    this.#fail(each, tree);
  }

  #fail(each: Plan, tree: { status: string }): void {
    if (each.end === "throw") {
      tree.status = "error";
      throw new Failure(each.type);
    }
    if (each.end === "abort") {
      tree.status = "aborted";
      throw new DOMException("enough", "AbortError");
    }
  }

  /** The handle ends before its children, which continue. */
  #detach(each: Plan, tree: { status: string; children: Tree[] }): void {
    const event: EventContext = this.#manager.startEvent(each.type);
    const children = event.run(async () => {
      await turns(each.turns);
      await Promise.all(each.children.map((child) => this.#event(child, tree.children)));
    });
    this.#detached.push(children);
    try {
      this.#fail(each, tree);
      event.onEnd();
    } catch (error) {
      event.fail(error);
    }
  }

  /** A generator created here and consumed elsewhere: outside any context, or left early. */
  async #stream(each: Plan, tree: { status: string; children: Tree[] }): Promise<void> {
    const { children } = each;
    const runChild = (child: Plan): Promise<void> => this.#event(child, tree.children);
    const failAtEnd = (): void => this.#fail(each, tree);
    async function* items(): AsyncGenerator<number> {
      for (const [index, child] of children.entries()) {
        await runChild(child);
        yield index;
      }
      failAtEnd();
      // An event of a stream starts when the first item is requested, and ends with the last.
      yield -1;
    }
    const stream = this.#manager.stream(each.type, undefined, items);
    const consumed = Promise.withResolvers<void>();
    const consume = async (): Promise<void> => {
      for await (const index of stream) {
        if (each.end === "leave early" && index === 0) break;
        await turns(each.turns);
      }
    };
    setImmediate(() => void consume().then(consumed.resolve, consumed.reject));
    await consumed.promise;
  }
}

/** The trees that a handler has recorded, each node once. */
function recorded(ends: readonly AnyEventEnd[]): Tree[] {
  const children = Map.groupBy(ends, ({ parentId }) => parentId);
  const build = (parentId: string | undefined): Tree[] =>
    (children.get(parentId) ?? []).map(({ id, type, status }) => ({ type, status, children: build(id) }));
  return build(undefined);
}

/** Siblings ran in parallel: their order is not part of the tree. */
const canonical = (trees: readonly Tree[]): string[] =>
  trees.map(({ type, status, children }) => `${type}:${status}(${canonical(children).join()})`).toSorted();

describe("the recorded tree", () => {
  it("equals the tree that was run", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 4 }), async (plans) => {
        const debug = new DebugHandler();
        const manager = new CallbackManager({ handlers: [debug] });
        const ran = await new Runner(manager).run(plans);
        const ends = debug.getEventPairs().map(([, end]) => end);
        expect(canonical(recorded(ends))).toEqual(canonical(ran));
        expect(manager.openEvents).toBe(0);
        const ids = new Map(ends.map((end) => [end.id, end]));
        expect(ids.size).toBe(ends.length);
        for (const { parentId, traceId } of ends) {
          if (parentId !== undefined) expect(ids.get(parentId)?.traceId).toBe(traceId);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has each error once, at the event that threw it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 8 }), async (path) => {
        const debug = new DebugHandler();
        const manager = new CallbackManager({ handlers: [debug] });
        const error = new Failure("deep");
        const [first, ...rest] = path.toReversed();
        const innermost = (): Promise<never> => manager.event(first!, () => Promise.reject(error));
        const work = rest.reduce<() => Promise<never>>(
          (inner, type) => () => manager.event(type, inner),
          innermost,
        );
        await expect(work()).rejects.toBe(error);
        const ends = debug.getEventPairs().map(([, end]) => end);
        const holders = ends.filter((end) => end.error === error);
        expect(holders).toHaveLength(1);
        expect(ends.at(-1)).toBe(holders[0]);
        for (const end of ends.slice(0, -1)) expect(end.errorEventId).toBe(holders[0]!.id);
      }),
    );
  });
});
