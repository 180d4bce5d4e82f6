import { RateLimiter } from "@llx/async";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineJob, type JobHandlerContext } from "./define-job.ts";

const handler = (): string => "done";
const context: JobHandlerContext = {
  id: "7",
  key: undefined,
  attempt: 1,
  signal: new AbortController().signal,
  progress() {},
};

describe("defineJob", () => {
  it.each([
    [1, { handler }, TypeError, "a job's name must be a string, not number 1"],
    ["", { handler }, RangeError, "a job's name must have 1 to 100 letters"],
    ["a b", { handler }, RangeError, 'not "a b"'],
    ["a", undefined, TypeError, "options must be an object, not undefined"],
    ["a", {}, TypeError, "handler must be a function, not undefined"],
    ["a", { handler, schema: {} }, TypeError, "schema must be a Standard Schema"],
    [
      "a",
      { handler, retry: { attempts: 0 } },
      RangeError,
      "retry.attempts must be a whole number from 1, not 0",
    ],
    [
      "a",
      { handler, retry: { delay: -1 } },
      RangeError,
      "retry.delay must be from 0 to 86400000 milliseconds",
    ],
    ["a", { handler, retry: { maxDelay: Number.NaN } }, RangeError, "retry.maxDelay"],
    ["a", { handler, rate: {} }, TypeError, "rate must be a RateLimiter, not an object (Object)"],
    [
      "a",
      { handler, rate: RateLimiter },
      TypeError,
      "rate must be a RateLimiter, not a function; make one: new RateLimiter({ … })",
    ],
    ["a", { handler, rateLimiter: {} }, TypeError, "there is no option rateLimiter; use rate"],
    ["a", { handler, timeOut: 1 }, TypeError, "there is no option timeOut; did you mean timeout?"],
    [
      "a",
      { handler, retry: { attempt: 1 } },
      TypeError,
      "there is no option retry.attempt; did you mean retry.attempts?",
    ],
    ["a", { handler, group: "a" }, TypeError, "there is no option group; use tenant"],
    ["a", { handler, tenant: "a" }, TypeError, "tenant must be a function of the payload"],
    ["a", { handler, concurrency: 0 }, RangeError, "concurrency must be a whole number from 1 to 1000000"],
    ["a", { handler, concurrency: 1.5 }, RangeError, "not 1.5"],
    ["a", { handler, tenantConcurrency: 2 }, TypeError, "tenantConcurrency needs tenant"],
    [
      "a",
      { handler, tenant: String, tenantConcurrency: Number.NaN },
      RangeError,
      "tenantConcurrency must be a whole number from 1 to 1000000, not NaN",
    ],
    ["a", { handler, timeout: 0 }, RangeError, "timeout must be more than 0 milliseconds"],
    ["a", { handler, timeout: 86_400_001 }, RangeError, "timeout must be from 0 to 86400000 milliseconds"],
    ["a", { handler, maxPayload: 1.5 }, RangeError, "maxPayload must be a whole number from 1, not 1.5"],
    ["a", { handler, keep: "1" }, TypeError, 'keep must be a number of milliseconds, not the string "1"'],
  ])("refuses %j with %j", (name, options, type, message) => {
    const define = (): unknown => Reflect.apply(defineJob, undefined, [name, options]);
    expect(define).toThrow(type);
    expect(define).toThrow(message);
  });

  it("takes any rate limiter, such as one that processes share", () => {
    class SharedLimiter extends RateLimiter {}
    const rate = new SharedLimiter({ requests: { limit: 1, interval: 1 } });
    expect(defineJob("a", { handler, rate }).rate).toBe(rate);
  });

  it("passes the handler the output of the schema", async () => {
    const job = defineJob("length", {
      schema: z.object({ text: z.string().trim(), times: z.number().default(2) }),
      handler: ({ text, times }) => text.length * times,
    });
    expect(await job.run({ text: " four " }, context)).toBe(8);
  });

  it("states what is invalid by the schema, and where, without the value", async () => {
    const job = defineJob("length", { schema: z.object({ text: z.string() }), handler });
    const wrong = { text: 1_234 } as unknown as { text: string };
    const failure = expect.objectContaining({
      name: "TypeError",
      message: expect.stringMatching(/^the payload of job 7 of length does not fit its schema: text: /),
      retryable: false,
    });
    await expect(job.run(wrong, context)).rejects.toEqual(failure);
    await expect(job.run(wrong, context)).rejects.not.toThrow("1234");
  });
});
