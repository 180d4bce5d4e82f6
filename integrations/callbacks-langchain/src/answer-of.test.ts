import { AIMessage } from "@langchain/core/messages";
import { expect, it } from "vitest";
import { answerOf } from "./answer-of.ts";

const told = (tokenUsage: object): unknown =>
  answerOf({ generations: [[{ text: "yes" }]], llmOutput: { tokenUsage } }).usage;

it("reads the usage that an LLM tells beside its answer", () => {
  const tokenUsage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 };
  expect(told(tokenUsage)).toEqual({ inputTokens: 3, outputTokens: 2, totalTokens: 5 });
  expect(told({ totalTokens: 5 })).toEqual({ totalTokens: 5 });
  expect(told({})).toBeUndefined();
});

it("takes no id of a run for one of the service", () => {
  const message = new AIMessage({
    content: "yes",
    id: "run-1",
    response_metadata: { stop_reason: "end_turn" },
  });
  const answer = answerOf({ generations: [[{ text: "yes", message } as { text: string }]] });
  expect({ ...answer, content: undefined }).toEqual({ finishReason: "end_turn" });
});

it("has each of several answers, and none of a stream without pieces", () => {
  const completion = (...texts: string[]): unknown =>
    (answerOf({ generations: [texts.map((text) => ({ text }))] }).content as () => unknown)();
  expect(completion("one", "two")).toEqual({ completion: ["one", "two"] });
  const nothing = answerOf({ generations: [[undefined as unknown as { text: string }]] });
  expect({ ...nothing, content: undefined }).toEqual({});
});
