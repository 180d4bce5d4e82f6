import assert from "node:assert/strict";
import { type CommonCase, everywhere, nowhere } from "./common-case.ts";

export const settings: readonly CommonCase[] = [
  {
    name: "refuses an empty key",
    async run(bench) {
      assert.throws(() => bench.create({ apiKey: "" }), TypeError);
    },
  },
  {
    name: "refuses a key with a line break, and does not show it",
    async run(bench) {
      const [start, end] = [bench.apiKey.slice(0, 10), bench.apiKey.slice(10)];
      for (const lineBreak of ["\n", "\r\n"]) {
        assert.throws(
          () => bench.create({ apiKey: start + lineBreak + end }),
          (error: unknown) => {
            assert(error instanceof TypeError, "a key that cannot be sent is a TypeError");
            assert(!error.message.includes(start), "the message must not show the key");
            return true;
          },
        );
      }
    },
  },
  {
    name: "refuses an invalid address",
    async run(bench) {
      assert.throws(() => bench.create({ baseUrl: "not an address" }), TypeError);
    },
  },
  {
    name: "refuses invalid options",
    async run(bench) {
      for (const wrong of [0, -1, 1.5, Number.NaN]) {
        assert.throws(() => bench.create({ workers: wrong }), RangeError, `workers: ${wrong}`);
      }
      for (const wrong of [0, -1, Number.NaN]) {
        assert.throws(() => bench.create({ timeout: wrong }), RangeError, `timeout: ${wrong}`);
      }
    },
  },
  {
    name: "refuses an unknown option, and suggests a known one",
    applies: everywhere,
    async run(bench) {
      const wrong = { worker: 4, timeOut: 5_000, anotherOption: true };
      for (const [name, value] of Object.entries(wrong)) {
        assert.throws(
          () => bench.create({ [name]: value }),
          (error: unknown) => {
            assert(error instanceof TypeError, `${name} must be refused with a TypeError`);
            const meant = { worker: "workers", timeOut: "timeout" }[name] ?? name;
            assert.match(error.message, new RegExp(`\\b${meant}\\b`), `the message must name ${meant}`);
            return true;
          },
        );
      }
      bench.create({ worker: undefined } as object);
    },
  },
  {
    name: "has the key in no address",
    async run(bench) {
      await bench.use(bench.create());
      for (const { path } of bench.server.requests) {
        assert(
          !path.includes(bench.apiKey) && !path.includes(encodeURIComponent(bench.apiKey)),
          "the address of a request contains the key, and logs of servers and proxies keep addresses: send the key in a header",
        );
      }
    },
  },
  {
    name: "connects through the given proxy",
    applies: ({ hasProxy }) => hasProxy,
    async run(bench) {
      let model;
      try {
        model = bench.create({ proxy: nowhere, retry: { attempts: 1 } } as object);
      } catch (error) {
        assert.fail(
          `create has thrown "${(error as Error).message}" for the option proxy: a model has it as it has dispatcher; list both ` +
            "in `options`",
        );
      }
      const error = await bench.use(model).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      assert.equal(
        bench.sent,
        0,
        "a request went past the proxy: pass the option proxy on, as to HttpClient",
      );
      const { message, cause } = error as Error;
      assert.match(
        `${message} ${String(cause)}`,
        /proxy|127\.0\.0\.1:9(?!\d)/i,
        "the error of a proxy that does not listen must name it",
      );
    },
  },
  {
    name: "sends the given headers, in each accepted form",
    applies: ({ acceptsHeaders }) => acceptsHeaders,
    async run(bench) {
      const given = [
        ["x-conformance", "one of ours"],
        ["X-Other", "another"],
      ] as const;
      const forms = {
        "an object": Object.fromEntries(given),
        Headers: new Headers(given as never),
        "a Map": new Map(given),
        pairs: given,
      };
      for (const [at, [kind, headers]] of Object.entries(forms).entries()) {
        // One after another, so that the last request is that of the form.
        // oxlint-disable-next-line no-await-in-loop
        await bench.use(bench.create({ headers } as object));
        const sent = bench.server.requests[at]!.headers;
        assert.deepEqual(
          [sent["x-conformance"], sent["x-other"]],
          ["one of ours", "another"],
          `headers given as ${kind} must be sent with each request: pass the option headers on, as to HttpClient`,
        );
      }
    },
  },
];
