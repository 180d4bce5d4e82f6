// Many users, each with one question, share requests.
import { coalesce } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

const model = fakeEmbedding({ respond: ({ texts }) => console.log("one request of", texts.length) });
const shared = coalesce(model, { window: 5 });
const answer = async (question: string): Promise<number> => (await shared.getQueryEmbedding(question)).length;

const lengths = await Promise.all(["who dances?", "what rests?", "who made the tides?"].map(answer));
console.log(lengths);
await shared.aclose();
