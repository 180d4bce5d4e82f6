import { Buffer } from "node:buffer";
import type { FakeItem } from "../fake-service.ts";
import type { Mutant } from "./mutant.ts";
import type { Changes, PlainItems } from "./plain-embedding.ts";
import { plainPost } from "./plain-post.ts";
import { methods } from "./wrapped-model.ts";

type Numbers = readonly (number | null)[];

const noEmbeddings = "names the form of a response without embeddings, and shows none of its content";

/** Changes each vector of a response. */
function vectors(change: (numbers: Numbers) => Numbers): Changes {
  return {
    data: (items) =>
      items.map(({ index, embedding }) => ({
        index,
        embedding: change(Array.from(embedding as ArrayLike<number>)) as number[],
      })),
  };
}

function fill(items: PlainItems, texts: readonly string[]): PlainItems {
  const halves = texts.map((_, index) => ({ index, embedding: Array.from({ length: 16 }, () => 0.5) }));
  return [...items, ...halves.slice(items.length)];
}

/** Defects in reading a response. */
export const responseMutants: readonly Mutant[] = [
  {
    name: "has a fake that sorts vectors, and leaves out their indexes",
    service: (service) => ({
      ...service,
      answer(items, ask) {
        const sorted = items.toSorted((a, b) => a.index - b.index);
        return service.answer(
          sorted.map(({ embedding }) => ({ embedding }) as FakeItem),
          ask,
        );
      },
    }),
    caughtBy: ["the fake returns vectors in the order in which they are given"],
  },
  {
    name: "ignores the index",
    changes: { data: (items) => items.map(({ embedding }, index) => ({ index, embedding })) },
    caughtBy: [
      "assigns vectors by their index",
      "rejects a response with a duplicate index",
      "rejects a response with an index out of range",
    ],
  },
  {
    name: "reads items that are null as if they were objects",
    changes: { data: (items) => items.map(({ index, embedding }) => ({ index, embedding })) },
    caughtBy: ["rejects a response with null instead of an item, as an EmbeddingResponseError"],
  },
  {
    name: "reads an index that is not a number as 0",
    changes: {
      data: (items) =>
        items.map(({ index, embedding }) => ({
          index: (index as unknown) === "first" ? 0 : index,
          embedding,
        })),
    },
    caughtBy: ["rejects a response with an index that is not a number"],
  },
  {
    name: "reads an omitted index as 0",
    changes: { data: (items) => items.map(({ index = 0, embedding }) => ({ index, embedding })) },
    caughtBy: ["assigns vectors by indexes that are all left out"],
  },
  {
    name: "replaces a vector of zeros",
    changes: vectors((numbers) => (numbers.every((number) => number === 0) ? numbers.map(() => 1) : numbers)),
    caughtBy: ["rejects a response with a vector of zeros"],
  },
  {
    name: "requires an index for each vector",
    changes: {
      data: (items) => {
        if (items.some(({ index }) => index === undefined)) throw new TypeError("no index");
        return items;
      },
    },
    caughtBy: [
      "assigns vectors by an index that is left out where it is 0",
      "assigns vectors by indexes that are all left out",
    ],
  },
  {
    name: "reads only numbers as indexes, otherwise uses the order",
    changes: {
      data: (items) =>
        items.map(({ index, embedding }, at) => ({
          index: typeof index === "number" ? index : at,
          embedding,
        })),
    },
    caughtBy: [
      "assigns vectors by indexes that are strings",
      "rejects a response with an index that is not a number",
    ],
  },
  {
    name: "counts from 1 where the service does",
    changes: {
      data: (items) => {
        const least = Math.min(...items.map(({ index }) => Number(index)));
        return least === 1
          ? items.map(({ index, embedding }) => ({ index: Number(index) - 1, embedding }))
          : items;
      },
    },
    caughtBy: ["rejects a response with indexes that count from 1"],
  },
  {
    name: "uses the order if all indexes are 0",
    changes: {
      data: (items) =>
        items.every(({ index }) => index === 0)
          ? items.map(({ embedding }, index) => ({ index, embedding }))
          : items,
    },
    caughtBy: ["rejects a response with indexes that are all 0"],
  },
  {
    name: "retries after an invalid response",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch(() => inner.getTextEmbeddingBatch(given, options)),
    })),
    caughtBy: ["does not retry after wrong indexes, as each attempt is paid for"],
  },
  {
    name: "treats a response with NaN as text that is not JSON",
    changes: {
      post: async (...sent) => {
        const reply = await plainPost(...sent);
        return reply.text.includes("NaN") ? { ...reply, text: "no JSON" } : reply;
      },
    },
    caughtBy: ["names the text and the index of a number that is NaN"],
  },
  {
    name: "reports an invalid number without its index",
    changes: {
      data: (items) => {
        const numbers = items.flatMap(({ embedding }) => Array.from(embedding as ArrayLike<unknown>));
        if (numbers.some((value) => !Number.isFinite(value))) throw new TypeError("a number is invalid");
        return items;
      },
    },
    caughtBy: [
      "names the text and the index of a number that is null",
      "names the text and the index of a number that is NaN",
    ],
  },
  {
    name: "does not pass on a response without embeddings",
    changes: { response: (response) => ({ ...response, body: undefined }) },
    caughtBy: [noEmbeddings],
  },
  {
    name: "shows a response without embeddings",
    changes: {
      response: (response) => {
        if (response.embeddings === undefined) throw new TypeError(JSON.stringify(response.body));
        return response;
      },
    },
    caughtBy: [noEmbeddings],
  },
  {
    name: "sends a text twice",
    changes: {
      request: (request) => ({ ...request, texts: [...request.texts, request.texts[0]!] }),
      data: (items) => items.slice(0, -1),
    },
    caughtBy: ["sends equal texts once"],
  },
  {
    name: "fills missing vectors with a number",
    changes: { data: fill },
    caughtBy: [
      "rejects a response with one vector too few",
      "rejects a response with JSON of another shape",
      "rejects a response with a list instead of an object",
      "rejects a response with null instead of an object",
    ],
  },
  {
    name: "drops surplus vectors",
    changes: { data: (items, texts) => items.slice(0, texts.length) },
    caughtBy: ["rejects a response with one vector too many"],
  },
  {
    name: "reads invalid numbers as 0",
    changes: vectors((numbers) => numbers.map((value) => (Number.isFinite(value) ? value : 0))),
    caughtBy: [
      "rejects a response with a number that is not finite",
      "rejects a response with null instead of a number",
    ],
  },
  {
    name: "truncates vectors to the known dimensions",
    changes: vectors((numbers) => numbers.slice(0, 16)),
    caughtBy: [
      "rejects vectors of more dimensions than those before",
      "rejects a response with one vector of other dimensions",
    ],
  },
  {
    name: "pads vectors to the known dimensions",
    changes: vectors((numbers) => [...numbers, ...Array.from({ length: 16 }, () => 0)].slice(0, 16)),
    caughtBy: ["rejects vectors of fewer dimensions than those before"],
  },
  {
    name: "expects vectors as arrays",
    changes: {
      data: (items) => {
        if (items.some(({ embedding }) => typeof embedding === "string")) throw new TypeError("no arrays");
        return items;
      },
    },
    caughtBy: ["accepts base64, requested or not"],
  },
  {
    name: "expects vectors as base64",
    changes: {
      data: (items) => {
        if (items.some(({ embedding }) => typeof embedding !== "string")) throw new TypeError("no base64");
        return items;
      },
    },
    caughtBy: ["accepts arrays, requested or not"],
  },
  {
    name: "decodes invalid base64 as far as possible",
    changes: {
      data: (items) =>
        items.map(({ index, embedding }) => {
          if (typeof embedding !== "string") return { index, embedding };
          const bytes = new Uint8Array(64);
          bytes.set(Buffer.from(embedding, "base64").subarray(0, 64));
          return { index, embedding: new Float32Array(bytes.buffer) };
        }),
    },
    caughtBy: [
      "rejects a response with base64 of the wrong length",
      "rejects a response with base64 with invalid characters",
    ],
  },
  {
    name: "mistakes text that is not JSON for a response without vectors, and makes some up",
    changes: {
      post: async (...sent) => {
        const reply = await plainPost(...sent);
        return reply.text.startsWith("{") ? reply : { ...reply, text: "{}" };
      },
      data: fill,
    },
    caughtBy: [
      "rejects a response with text that is not JSON",
      "rejects a response with an empty body",
      "retries after a page of a gateway with status 200",
    ],
  },
];
