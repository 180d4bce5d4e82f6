// Progress, reported to your own object; `showProgress: true` draws a bar.
import type { Progress } from "@llx/async";
import { fakeEmbedding } from "@llx/embeddings/testing";

const progress: Progress = {
  start: (total) => console.log(`${total} texts`),
  advance: (steps, failed) => console.log(`${steps} more, ${failed} of them failed`),
  stop: () => console.log("finished"),
};

const model = fakeEmbedding({ limits: { inputs: 96 }, workers: 1 });
const texts = Array.from({ length: 200 }, (_, index) => `text ${index}`);
await model.getTextEmbeddingBatch(texts, { showProgress: progress });
await model.aclose();
