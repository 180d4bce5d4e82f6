import assert from "node:assert/strict";
import { CallbackManager } from "@llx/callbacks";
import type { Fault } from "../fault.ts";
import { handled, rejectionError } from "./assertions.ts";
import type { CommonCase } from "./common-case.ts";
import type { ServiceBench } from "./service-bench.ts";

const passing: readonly (readonly [what: string, fault: Fault])[] = [
  ["status 429", { kind: "status", status: 429 }],
  ["status 500", { kind: "status", status: 500 }],
  ["status 502", { kind: "html", status: 502 }],
  ["status 503", { kind: "status", status: 503 }],
  ["a connection that is reset", { kind: "reset" }],
  ["a connection that is reset within the response", { kind: "reset", when: "body" }],
  ["a response that breaks off", { kind: "truncated" }],
  ["JSON that is cut short", { kind: "truncated", how: "json" }],
  ["a page of a gateway with status 200", { kind: "html" }],
];

const lasting = [400, 401, 403, 404, 413, 422];

/** Milliseconds that the service asks to wait, and by which a timer may be early. */
const asked = 600;
const early = 5;
/** The same for a service in its own form, which may be whole seconds. */
const shortest = 30;
const second = 1_000;

function errorWith200(code: number): Fault {
  return {
    kind: "otherShape",
    body: { error: { message: "the backend has failed", type: "server_error", code } },
  };
}

export const retries: readonly CommonCase[] = [
  ...passing.map(([what, fault]): CommonCase => ({
    name: `retries after ${what}`,
    async run(bench) {
      bench.server.plan(fault);
      await bench.use(bench.create());
      assert.equal(bench.sent, 2, "the second attempt must be the last");
    },
  })),
  ...lasting.map((status): CommonCase => ({
    name: `does not retry after status ${status}`,
    async run(bench) {
      bench.server.plan({ kind: "status", status });
      const model = bench.create();
      const error = await rejectionError(bench.use(model), `status ${status}`);
      assert.equal(bench.sent, 1, "another attempt cannot help");
      assert.equal(error.status, status, "the error must have the status");
      assert.equal(error.retryable, false, "the error must say that another attempt cannot help");
      assert.equal(error.provider, model.provider, "the error must name the provider");
    },
  })),
  {
    name: "makes at most three attempts",
    async run(bench) {
      bench.server.plan(...Array.from({ length: 9 }, (): Fault => ({ kind: "status", status: 503 })));
      const error = await rejectionError(bench.use(bench.create()), "a service that is down");
      assert.equal(bench.sent, 3, "three attempts must be made in all, whoever makes them");
      assert.equal(error.status, 503, "the error must have the status");
      assert.equal(error.retryable, true, "the error must say that another attempt may succeed");
    },
  },
  {
    name: "makes one attempt with attempts: 1",
    async run(bench) {
      bench.server.plan({ kind: "status", status: 503 });
      const model = bench.create({ retry: { attempts: 1 } });
      await rejectionError(bench.use(model), "a service that is down");
      assert.equal(bench.sent, 1, "one attempt is allowed");
    },
  },
  {
    name: "treats an error with status 200 as a failure, and retries if its code says so",
    async run(bench) {
      const model = bench.create();
      bench.server.plan(errorWith200(500), "none", errorWith200(404));
      await bench.use(model);
      assert.equal(bench.sent, 2, "the code 500 is temporary: the second attempt must be the last");
      const error = await rejectionError(bench.use(model), "the code 404");
      assert.equal(bench.sent, 3, "the code 404 is permanent: another attempt cannot help");
      assert.equal(error.retryable, false, "the error must say that another attempt cannot help");
    },
  },
  {
    name: "does not retry after the quota is used up",
    async run(bench) {
      const error = {
        message: "You have used up your quota",
        type: "insufficient_quota",
        code: "insufficient_quota",
      };
      bench.server.plan({ kind: "otherShape", status: 429, body: { error } });
      const call = bench.use(bench.create());
      const { status, retryable } = await rejectionError(call, "a quota that is used up");
      assert.equal(bench.sent, 1, "waiting does not bring quota");
      assert.deepEqual(
        [status, retryable],
        [429, false],
        "the error must say that another attempt cannot help",
      );
    },
  },
  {
    name: "waits as long as the service asks, and so do all other requests",
    async run(bench) {
      const headers = { "retry-after-ms": String(asked), "retry-after": "1" };
      await assertWaits(bench, { kind: "status", status: 429, headers }, asked);
    },
  },
  {
    name: "waits as long as the service states in its own form",
    applies: ({ statesWait }) => statesWait,
    async run(bench) {
      const fault = { kind: "status", status: 429, wait: shortest } as const;
      bench.server.plan(fault);
      const once = bench.create({ retry: { attempts: 1 } });
      const error = await rejectionError(bench.use(once), "a refused request");
      const { retryAfter } = error;
      const advice = `the service asks to wait ${shortest} ms, and retryAfter of the error is ${String(retryAfter)}`;
      assert(
        typeof retryAfter === "number",
        `${advice}: read the wait where refuse() of the fake states it (readRetryAfter of HttpClient)`,
      );
      // A service may round up.
      assert(
        retryAfter >= shortest - early && retryAfter <= shortest + second,
        `${advice}: it must be in milliseconds, and the fake may only round it up to whole seconds`,
      );
      await assertWaits(bench, fault, retryAfter);
    },
  },
  {
    name: "fails at once if the service asks for a longer wait than allowed",
    async run(bench) {
      const day = 86_400;
      bench.server.plan({ kind: "status", status: 429, headers: { "retry-after": String(day) } });
      const model = bench.create();
      const error = await rejectionError(bench.use(model), "a wait of a day");
      assert.equal(error.retryAfter, day * 1000, "the error must say how long the service asks to wait");
      assert.equal(bench.sent, 1, "nothing may be sent again before that");
      await bench.assertQuiet(model);
    },
  },
  ...(["request", "headers", "body"] as const).map((after): CommonCase => ({
    name: `aborts an attempt after the time-out if nothing follows the ${after}`,
    async run(bench) {
      bench.server.plan({ kind: "silent", after });
      await bench.use(bench.create({ timeout: 300 }));
      await bench.untilAbandoned();
    },
  })),
  {
    name: "gives its client the time-out of an attempt, so that a long one is no shorter",
    applies: ({ acceptsHeaders }) => acceptsHeaders,
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const model = bench.create({ timeout: 200, retry: { attempts: 1 } });
      const error = await rejectionError(bench.use(model), "an attempt without a response");
      assert(
        !(error instanceof DOMException),
        "the attempt was aborted a second after its time-out: pass that on too (`...attempt`)",
      );
      await bench.untilAbandoned();
    },
  },
];

/** Checks that all requests wait after this refusal of the first one, and then succeed. */
async function assertWaits(bench: ServiceBench, refusal: Fault, wait: number): Promise<void> {
  const { server } = bench;
  const before = bench.sent;
  const { promise: refused, resolve: onRefused } = Promise.withResolvers<void>();
  const callbackManager = new CallbackManager({
    handlers: [
      {
        onEventStart: ({ type }) => {
          if (type === "service_pause") onRefused();
        },
        onEventEnd: ({ type, status }) => {
          if (type === "embedding" && status === "error") onRefused();
        },
      },
    ],
  });
  const model = bench.create({ workers: 2, callbackManager });
  server.plan(refusal);
  const call = handled(bench.use(model));
  await bench.untilSent(before + 1, call);
  const refusedAt = server.requests[before]!.at;
  await Promise.race([refused, call]);
  await Promise.all([call, bench.use(model, 1)]);
  const waits = server.requests.slice(before + 1).map(({ at }) => at - refusedAt);
  assert.equal(waits.length, 2, "each call must send once more");
  for (const waited of waits) {
    assert(waited >= wait - early, `sent after ${waited} ms, and the service asks for ${wait} ms`);
  }
}
