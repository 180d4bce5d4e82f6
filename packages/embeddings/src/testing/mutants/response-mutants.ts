import { Buffer } from "node:buffer";
import type { Mutant } from "./mutant.ts";
import type { Changes, PlainItems } from "./plain-embedding.ts";
import { plainPost } from "./plain-post.ts";
import { methods } from "./wrapped-model.ts";

type Numbers = readonly (number | null)[];

const noEmbeddings =
  "tells the form of an answer in which there are no embeddings, and nothing of what is in it";

/** Changes each vector of an answer. */
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
  const zeros = texts.map((_, index) => ({ index, embedding: Array.from({ length: 16 }, () => 0) }));
  return [...items, ...zeros.slice(items.length)];
}

/** Defects of what reads an answer. */
export const responseMutants: readonly Mutant[] = [
  {
    name: "ignores the index",
    changes: { data: (items) => items.map(({ embedding }, index) => ({ index, embedding })) },
    caughtBy: [
      "places vectors by their index",
      "takes no vectors from an answer with an index that is there twice",
      "takes no vectors from an answer with an index out of range",
    ],
  },
  {
    name: "reads an index that is no number as 0",
    changes: {
      data: (items) =>
        items.map(({ index, embedding }) => ({
          index: (index as unknown) === "first" ? 0 : index,
          embedding,
        })),
    },
    caughtBy: ["takes no vectors from an answer with an index that is no number"],
  },
  {
    name: "reads an index that is left out as 0",
    changes: { data: (items) => items.map(({ index = 0, embedding }) => ({ index, embedding })) },
    caughtBy: ["places vectors by indexes that are all left out"],
  },
  {
    name: "wants an index of each vector",
    changes: {
      data: (items) => {
        if (items.some(({ index }) => index === undefined)) throw new TypeError("no index");
        return items;
      },
    },
    caughtBy: [
      "places vectors by an index that is left out where it is 0",
      "places vectors by indexes that are all left out",
    ],
  },
  {
    name: "reads only numbers as indexes, and else takes the order",
    changes: {
      data: (items) =>
        items.map(({ index, embedding }, at) => ({
          index: typeof index === "number" ? index : at,
          embedding,
        })),
    },
    caughtBy: [
      "places vectors by indexes that are strings",
      "takes no vectors from an answer with an index that is no number",
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
    caughtBy: ["takes no vectors from an answer with indexes that count from 1"],
  },
  {
    name: "takes the order where all indexes are 0",
    changes: {
      data: (items) =>
        items.every(({ index }) => index === 0)
          ? items.map(({ embedding }, index) => ({ index, embedding }))
          : items,
    },
    caughtBy: ["takes no vectors from an answer with indexes that are all 0"],
  },
  {
    name: "asks again where an answer is wrong",
    changes: methods((inner) => ({
      getTextEmbeddingBatch: (given, options) =>
        inner.getTextEmbeddingBatch(given, options).catch(() => inner.getTextEmbeddingBatch(given, options)),
    })),
    caughtBy: ["does not ask again where indexes are wrong, as each attempt is paid for"],
  },
  {
    name: "reads an answer with NaN as what is no JSON",
    changes: {
      post: async (...sent) => {
        const reply = await plainPost(...sent);
        return reply.text.includes("NaN") ? { ...reply, text: "no JSON" } : reply;
      },
    },
    caughtBy: ["tells of which text and where a number is NaN"],
  },
  {
    name: "says that a number is none, and not where",
    changes: {
      data: (items) => {
        const numbers = items.flatMap(({ embedding }) => Array.from(embedding as ArrayLike<unknown>));
        if (numbers.some((value) => !Number.isFinite(value))) throw new TypeError("a number is none");
        return items;
      },
    },
    caughtBy: [
      "tells of which text and where a number is null",
      "tells of which text and where a number is NaN",
    ],
  },
  {
    name: "does not hand over the answer in which it finds no embeddings",
    changes: { response: (response) => ({ ...response, body: undefined }) },
    caughtBy: [noEmbeddings],
  },
  {
    name: "shows the answer in which it finds no embeddings",
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
    name: "fills up with zeros",
    changes: { data: fill },
    caughtBy: [
      "takes no vectors from an answer with a vector too few",
      "takes no vectors from an answer with JSON of another shape",
      "takes no vectors from an answer with a list for an answer",
      "takes no vectors from an answer with null for an answer",
    ],
  },
  {
    name: "drops what is too many",
    changes: { data: (items, texts) => items.slice(0, texts.length) },
    caughtBy: ["takes no vectors from an answer with a vector too many"],
  },
  {
    name: "reads what is no number as 0",
    changes: vectors((numbers) => numbers.map((value) => (Number.isFinite(value) ? value : 0))),
    caughtBy: [
      "takes no vectors from an answer with a number that is not finite",
      "takes no vectors from an answer with null for a number",
    ],
  },
  {
    name: "cuts vectors to the dimensions it knows",
    changes: vectors((numbers) => numbers.slice(0, 16)),
    caughtBy: [
      "takes no vectors of more dimensions than those before",
      "takes no vectors from an answer with one vector of other dimensions",
    ],
  },
  {
    name: "fills vectors up to the dimensions it knows",
    changes: vectors((numbers) => [...numbers, ...Array.from({ length: 16 }, () => 0)].slice(0, 16)),
    caughtBy: ["takes no vectors of fewer dimensions than those before"],
  },
  {
    name: "believes that vectors come as arrays",
    changes: {
      data: (items) => {
        if (items.some(({ embedding }) => typeof embedding === "string")) throw new TypeError("no arrays");
        return items;
      },
    },
    caughtBy: ["takes base64, asked for or not"],
  },
  {
    name: "believes that vectors come as base64",
    changes: {
      data: (items) => {
        if (items.some(({ embedding }) => typeof embedding !== "string")) throw new TypeError("no base64");
        return items;
      },
    },
    caughtBy: ["takes arrays, asked for or not"],
  },
  {
    name: "makes of bad base64 what can be made of it",
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
      "takes no vectors from an answer with base64 of a wrong length",
      "takes no vectors from an answer with base64 with characters that are none",
    ],
  },
  {
    name: "takes what is no JSON for an answer without vectors, and has zeros for them",
    changes: {
      post: async (...sent) => {
        const reply = await plainPost(...sent);
        return reply.text.startsWith("{") ? reply : { ...reply, text: "{}" };
      },
      data: fill,
    },
    caughtBy: [
      "takes no vectors from an answer with what is no JSON",
      "takes no vectors from an answer with an empty body",
      "tries again after a page of a gateway with status 200",
    ],
  },
];
