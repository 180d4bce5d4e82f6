// The progress of a stream, whose length only its caller knows.
import { type Progress, startProgress } from "@llx/async";
import { fakeEmbedding } from "@llx/embeddings/testing";

let done = 0;
const display: Progress = {
  start: (total, desc) => console.log(`${desc}: ${total}`),
  advance: (steps) => void (done += steps),
  stop: () => console.log(`${done} done`),
};

const model = fakeEmbedding({ limits: { inputs: 100 } });
const texts = Array.from({ length: 1000 }, (_, index) => `text ${index}`);

const progress = await startProgress(display, texts.length, "texts"); // `true` for a bar
try {
  for await (const { error } of model.streamTextEmbeddings(texts, { settle: true })) {
    progress?.advance(1, error === undefined ? 0 : 1);
  }
} finally {
  progress?.stop();
}
await model.aclose();
