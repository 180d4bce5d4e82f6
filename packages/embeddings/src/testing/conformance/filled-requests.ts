import assert from "node:assert/strict";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { ConformanceOptions } from "../conformance-subject.ts";
import type { ServedRequest } from "../embedding-server.ts";
import type { LimitName } from "../over-limit.ts";
import type { Bench } from "./bench.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Declared, Facts } from "./facts.ts";
import { textsForLimit } from "./texts-for-limit.ts";

const what: Readonly<Record<LimitName, string>> = {
  inputs: "texts",
  charactersPerInput: "characters in a text",
  characters: "characters",
  tokensPerInput: "tokens in a text",
  tokens: "tokens",
  bytesPerInput: "bytes in a text",
  bytes: "bytes",
};

/**
 * A limit that is declared wrong shows only when a user's request is refused: so a request is filled to each limit, and
 * the service has to accept that and nothing above. Where another limit is reached before, there is nothing to see.
 */
export const filledRequests: readonly ConformanceCase[] = [
  ...(Object.keys(what) as LimitName[]).flatMap((name): ConformanceCase[] => [
    {
      name: `the service accepts a request filled to limits.${name}`,
      applies: (facts) => declares(facts, name),
      async run(bench) {
        for (const declared of bench.declared()) {
          // oxlint-disable-next-line no-await-in-loop -- one after another, as requests are counted
          await accepts(bench, name, declared);
        }
      },
    },
    {
      name: `the service refuses a request of one above limits.${name}`,
      applies: (facts) =>
        declares(facts, name) &&
        !facts.unenforced.includes(name) &&
        // A request for one text may have no place for another.
        !(name === "inputs" && facts.limits.inputs === 1),
      async run(bench) {
        for (const declared of bench.declared()) {
          // oxlint-disable-next-line no-await-in-loop -- one after another, as requests are counted
          await refuses(bench, name, declared);
        }
      },
    },
  ]),
  {
    name: "the service accepts a text above limits.tokensPerInput with truncate: true",
    applies: (facts) => facts.capabilities.truncation && declares(facts, "tokensPerInput"),
    async run(bench) {
      const { limits } = bench.facts;
      const above = limits.tokensPerInput! + 1;
      const texts = textsForLimit(
        "tokensPerInput",
        above,
        { ...limits, tokensPerInput: above },
        bench.countTokens,
      );
      if (texts === undefined) return;
      const { refusal } = await send(bench, texts, { truncate: true });
      assert(
        refusal === undefined,
        `the model declares truncation, and with truncate: true the service refuses a text of ${above} tokens: send the ` +
          `field that lets it cut texts, or declare no truncation`,
      );
    },
  },
];

function declares(facts: Facts, name: LimitName): boolean {
  return facts.hasService && facts.declared.some(({ limits }) => limits[name] !== undefined);
}

async function accepts(bench: Bench, name: LimitName, { limits, options, note }: Declared): Promise<void> {
  const most = limits[name];
  if (most === undefined) return;
  const texts = textsForLimit(name, most, limits, counterFor(bench, name));
  if (texts === undefined) return;
  const { refusal } = await send(bench, texts, options);
  assert(
    refusal === undefined,
    `limits.${name} is ${most}${note}, and the service refuses a request with ${most} ${what[name]}: correct the ` +
      `declared limit, or the fake, by the documents of the service`,
  );
}

async function refuses(bench: Bench, name: LimitName, { limits, options, note }: Declared): Promise<void> {
  const most = limits[name];
  if (most === undefined) return;
  const wider: EmbeddingLimits = { ...limits, [name]: most + 1 };
  const texts = textsForLimit(name, most + 1, wider, counterFor(bench, name));
  if (texts === undefined) return;
  const { refusal } = await send(bench, texts, { ...options, limits: { [name]: most + 1 } });
  assert(
    refusal !== undefined,
    `limits.${name} is ${most}${note}, and the service accepts a request with ${most + 1} ${what[name]}: let the fake ` +
      `refuse it as the real service does, correct the declared limit, or name it in \`unenforced\` of the subject`,
  );
}

/**
 * Sends the texts in one request. An accepted one gets an error instead of vectors, which would take long.
 *
 * @returns the request as it arrived
 */
async function send(
  bench: Bench,
  texts: readonly string[],
  options: Partial<ConformanceOptions>,
): Promise<ServedRequest> {
  const { server } = bench;
  const before = bench.sent;
  server.plan({ kind: "status", status: 400 });
  const model = bench.create({ ...options, countTokens: bench.countTokens, retry: { attempts: 1 } });
  const failure = await model.getTextEmbeddingBatch(texts).then(
    () => "none",
    (error: unknown) => String(error instanceof Error && error.cause !== undefined ? error.cause : error),
  );
  const request = server.requests[before];
  assert(
    request !== undefined,
    `nothing was sent: create must pass on countTokens, truncate and limits, which allow the request; the error: ${failure}`,
  );
  if (request.refusal === undefined) {
    const came = request.ask?.texts.length;
    assert.equal(came, texts.length, `only ${came} of ${texts.length} texts came in one request`);
    assertWhole(request.ask!.texts, texts);
  }
  return request;
}

/** A provider that cuts what is too long would make any limit look right. */
function assertWhole(came: readonly string[], sent: readonly string[]): void {
  for (const [index, text] of came.entries()) {
    const given = sent[index]!;
    assert(
      text === given,
      `a text of ${given.length} characters has arrived as another of ${text.length}: the provider must send texts as they are ` +
        `given, and cut none`,
    );
  }
}

/** @throws AssertionError where the service does not say how it counts what the limit is about */
function counterFor(bench: Bench, name: LimitName): (text: string) => number {
  assert(
    !name.startsWith("tokens") || bench.subject.service?.countTokens !== undefined,
    `limits.${name} is declared, and the service has no countTokens: give the fake the function by which it counts the ` +
      `tokens of a text, so that the limit can be tried`,
  );
  return bench.countTokens;
}
