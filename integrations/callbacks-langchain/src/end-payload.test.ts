import { AIMessage } from "@langchain/core/messages";
import { expect, it } from "vitest";
import { endPayloadOf } from "./end-payload.ts";

const told = (tokenUsage: object): unknown =>
  endPayloadOf({ generations: [[{ text: "yes" }]], llmOutput: { tokenUsage } }).usage;

it("reads the usage from llmOutput", () => {
  const tokenUsage = { promptTokens: 3, completionTokens: 2, totalTokens: 5 };
  expect(told(tokenUsage)).toEqual({ inputTokens: 3, outputTokens: 2, totalTokens: 5 });
  expect(told({ totalTokens: 5 })).toEqual({ totalTokens: 5 });
  expect(told({})).toBeUndefined();
});

it("does not mistake the id of a run for one of the service", () => {
  const message = new AIMessage({
    content: "yes",
    id: "run-1",
    response_metadata: { stop_reason: "end_turn" },
  });
  const payload = endPayloadOf({ generations: [[{ text: "yes", message } as { text: string }]] });
  expect({ ...payload, content: undefined }).toEqual({ finishReason: "end_turn" });
});

it("contains each of several generations, and none for a stream without chunks", () => {
  const completion = (...texts: string[]): unknown =>
    (endPayloadOf({ generations: [texts.map((text) => ({ text }))] }).content as () => unknown)();
  expect(completion("one", "two")).toEqual({ completion: ["one", "two"] });
  const nothing = endPayloadOf({ generations: [[undefined as unknown as { text: string }]] });
  expect({ ...nothing, content: undefined }).toEqual({});
});
