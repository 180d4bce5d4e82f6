import type { CallbackManager } from "@llx/callbacks";
import { expectTypeOf, it } from "vitest";
import type { AsyncClosable } from "./closable.ts";

it("a callback manager is a closable, though it knows nothing of this package", () => {
  expectTypeOf<CallbackManager>().toExtend<AsyncClosable>();
});
