import type { LanguageModelV4Middleware } from "@ai-sdk/provider";
import type { LanguageModelMiddleware } from "ai";
import { expectTypeOf, it } from "vitest";
import { llmEventMiddleware } from "./index.ts";

it("is a middleware of the AI SDK", () => {
  expectTypeOf(llmEventMiddleware).returns.toExtend<LanguageModelV4Middleware>();
  expectTypeOf(llmEventMiddleware).returns.toExtend<LanguageModelMiddleware>();
});
