import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOpenAI } from "@ai-sdk/openai";
import type { LanguageModel } from "ai";

const answer = {
  id: "answer-1",
  created: 0,
  model: "small",
  choices: [
    { index: 0, message: { role: "assistant", content: "Because of the moon." }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 },
};

/** A local service that answers all questions alike, and an AI SDK model that calls it. */
export async function startChatService(): Promise<{
  languageModel: Exclude<LanguageModel, string>;
  requests: () => number;
  stop: () => void;
}> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const openai = createOpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${port}/v1` });
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { languageModel: openai.chat("small"), requests: () => requests, stop };
}
