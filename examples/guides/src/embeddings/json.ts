import { fakeEmbedding } from "@llx/embeddings/testing";

const model = fakeEmbedding({ dimensions: 2 });
const vector = await model.getTextEmbedding("a text");

console.log("not meant:", JSON.stringify({ vector }));
const line = JSON.stringify({ vector: Array.from(vector) });
console.log(line);
console.log(["a text", ...vector].join(",")); // a line of CSV

const { vector: read } = JSON.parse(line) as { vector: number[] };
console.log(
  "the same again:",
  Float32Array.from(read).every((value, index) => value === vector[index]),
);
await model.aclose();
