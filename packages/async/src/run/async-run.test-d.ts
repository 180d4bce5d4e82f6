import type { CallbackManager } from "@llx/callbacks";
import { expectTypeOf, it } from "vitest";
import { asyncRun, type AsyncRunContext, type Closable, closeAll, type Permit } from "../index.ts";

declare const manager: CallbackManager;
declare const permit: Permit;

it("has the type of main's result", () => {
  expectTypeOf(asyncRun(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(asyncRun(async () => "a", { grace: 5 })).toEqualTypeOf<Promise<string>>();
  expectTypeOf(asyncRun(() => {})).toEqualTypeOf<Promise<void>>();
  expectTypeOf(asyncRun(async ({ fork }) => fork(() => true))).toEqualTypeOf<Promise<boolean>>();
});

it("takes a function, not a promise", () => {
  expectTypeOf<Promise<number>>().not.toExtend<Parameters<typeof asyncRun<number>>[0]>();
  expectTypeOf<Promise<number>>().not.toExtend<Parameters<AsyncRunContext["fork"]>[0]>();
});

it("gives back what it owns and the results of what it forks", () => {
  expectTypeOf<AsyncRunContext["signal"]>().toEqualTypeOf<AbortSignal>();
  void asyncRun(({ own, defer, fork }) => {
    expectTypeOf(own(manager)).toEqualTypeOf<CallbackManager>();
    expectTypeOf(own(permit)).toEqualTypeOf<Permit>();
    expectTypeOf(fork(async ({ signal }) => signal.aborted)).toEqualTypeOf<Promise<boolean>>();
    expectTypeOf(fork(() => 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(defer(async () => {})).toEqualTypeOf<void>();
    // @ts-expect-error what cannot be closed cannot be owned
    own({});
    // @ts-expect-error nor can nothing
    own(undefined);
  });
});

it("closes closables and disposables", () => {
  expectTypeOf(closeAll([manager, permit])).toEqualTypeOf<Promise<void>>();
  expectTypeOf(closeAll(new Set<Closable>())).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error this cannot be closed
  void closeAll([{}]);
});
