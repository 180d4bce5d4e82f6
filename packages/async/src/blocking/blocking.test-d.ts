import { expectTypeOf, it } from "vitest";
import { blockingContext, runBlocking } from "../blocking.ts";

declare const url: URL;
declare function load(path: string, options?: { readonly deep: boolean }): Promise<Uint8Array>;
declare function spread(...all: number[]): number;

it("gives what the named function promises, and takes its arguments", () => {
  expectTypeOf(runBlocking<typeof load>(url, "load", ["a", { deep: true }])).toEqualTypeOf<Uint8Array>();
  expectTypeOf(runBlocking<typeof load>(url, "load", ["a"], { timeout: 5 })).toEqualTypeOf<Uint8Array>();
  expectTypeOf(runBlocking<typeof spread>("/x.js", "spread", [1, 2])).toEqualTypeOf<number>();
  const readOnly: readonly number[] = [1];
  expectTypeOf(runBlocking<typeof spread>("/x.js", "spread", readOnly)).toEqualTypeOf<number>();
  // @ts-expect-error a path is a string
  runBlocking<typeof load>(url, "load", [1]);
  // @ts-expect-error there must be a path
  runBlocking<typeof load>(url, "load", []);
});

it("is unknown where no function is named", () => {
  expectTypeOf(runBlocking(url, "load", ["a", 1])).toEqualTypeOf<unknown>();
  // @ts-expect-error a function itself cannot be sent
  runBlocking(url, load, ["a"]);
});

it("has a context of the type that is asked for, or none", () => {
  expectTypeOf(blockingContext<{ tenant: string }>()).toEqualTypeOf<
    Readonly<{ tenant: string }> | undefined
  >();
});
